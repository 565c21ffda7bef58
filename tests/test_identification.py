"""Identification: a right tag, or an honest ``und``, ``mul`` or ``zxx``; never an exception."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation import languages
from moderation.identification import identify

SENTENCES = {
    "af": "Ek weet nie hoekom julle my boodskap verwyder het nie, dit was net 'n vraag oor die weer.",
    "am": "ሰላም ወዳጆቼ ዛሬ ምን እየሰራችሁ ነው?",
    "ar": "لا أعرف لماذا تم حذف رسالتي أمس، لقد كان مجرد سؤال عن الطقس.",
    "as": "মই নাজানো কিয় মোৰ বাৰ্তা আঁতৰোৱা হ’ল।",
    "az": "Dünən yazdığım mesajın niyə silindiyini bilmirəm, bu sadəcə hava haqqında sual idi.",
    "bg": "Не знам защо изтрихте съобщението ми вчера, това беше само въпрос за времето.",
    "bn": "আমি জানি না কেন গতকাল আমার বার্তা মুছে ফেলা হয়েছে।",
    "ca": "No sé per què ahir vau esborrar el meu missatge, només era una pregunta sobre el temps que fa.",
    "cs": "Nevím, proč jste včera smazali moji zprávu, byla to jenom otázka na počasí.",
    "da": "Jeg ved ikke, hvorfor I slettede min besked i går, det var bare et spørgsmål om vejret.",
    "de": "Ich weiß nicht, warum ihr gestern meine Nachricht gelöscht habt, es war nur eine Frage.",
    "el": "Δεν ξέρω γιατί σβήσατε το μήνυμά μου χθες.",
    "en": "I do not know why you deleted my message yesterday, it was only a question about the weather.",
    "es": "No sé por qué borraron mi mensaje ayer, solo era una pregunta sobre el tiempo.",
    "et": "Ma ei tea, miks te eile minu sõnumi kustutasite, see oli ainult küsimus ilma kohta.",
    "fa": "نمی‌دانم چرا دیروز پیام من را پاک کردید، فقط یک سؤال دربارهٔ هوا بود.",
    "fi": "En tiedä, miksi poistitte viestini eilen, se oli vain kysymys säästä.",
    "fil": "Hindi ko alam kung bakit ninyo binura ang mensahe ko kahapon, tanong lang iyon tungkol sa panahon.",
    "fr": "Je ne sais pas pourquoi vous avez supprimé mon message hier, c'était juste une question.",
    "ga": "Níl a fhios agam cén fáth ar scrios sibh mo theachtaireacht inné, ní raibh ann ach ceist.",
    "gu": "મને ખબર નથી કે ગઈકાલે મારો સંદેશ કેમ કાઢી નાખવામાં આવ્યો.",
    "he": "אני לא יודע למה מחקתם אתמול את ההודעה שלי, זו הייתה רק שאלה.",
    "hi": "मुझे नहीं पता कि कल मेरा संदेश क्यों हटाया गया, वह सिर्फ मौसम के बारे में सवाल था।",
    "hr": "Ne znam zašto ste jučer izbrisali moju poruku, bilo je to samo pitanje o vremenu i ničemu drugom.",
    "hu": "Nem tudom, miért töröltétek tegnap az üzenetemet, csak egy kérdés volt az időjárásról.",
    "hy": "Չգիտեմ, թե ինչու եք երեկ ջնջել իմ հաղորդագրությունը։",
    "id": "Saya tidak tahu kenapa pesan saya dihapus kemarin, itu hanya pertanyaan karena saya mau tahu cuaca.",
    "it": "Non so perché ieri avete cancellato il mio messaggio, era solo una domanda sul tempo.",
    "ja": "昨日なぜ私のメッセージが削除されたのか分かりません。",
    "ka": "არ ვიცი, რატომ წაშალეთ გუშინ ჩემი შეტყობინება.",
    "kk": "Кеше менің хабарламамды неге өшіргеніңізді білмеймін, бұл тек ауа райы туралы сұрақ болатын.",
    "km": "ខ្ញុំមិនដឹងថាហេតុអ្វីបានជាសាររបស់ខ្ញុំត្រូវបានលុបទេ។",
    "kn": "ನಿನ್ನೆ ನನ್ನ ಸಂದೇಶವನ್ನು ಏಕೆ ಅಳಿಸಲಾಯಿತು ಎಂದು ನನಗೆ ಗೊತ್ತಿಲ್ಲ.",
    "ko": "어제 제 메시지를 왜 지우셨는지 모르겠어요.",
    "lo": "ຂ້ອຍບໍ່ຮູ້ວ່າເປັນຫຍັງຂໍ້ຄວາມຂອງຂ້ອຍຖືກລຶບ.",
    "lt": "Nežinau, kodėl vakar ištrynėte mano žinutę, tai buvo tik klausimas apie orą.",
    "lv": "Es nezinu, kāpēc jūs vakar izdzēsāt manu ziņu, tas bija tikai jautājums par laiku.",
    "mk": "Не знам зошто вчера ја избришавте мојата порака, тоа беше само прашање за времето.",
    "ml": "ഇന്നലെ എന്റെ സന്ദേശം എന്തിനാണ് നീക്കം ചെയ്തതെന്ന് എനിക്കറിയില്ല.",
    "mr": "काल माझा संदेश का काढून टाकला हे मला माहीत नाही, तो फक्त हवामानाबद्दलचा प्रश्न होता.",
    "ms": "Saya tidak tahu kenapa mesej saya dipadam semalam kerana saya cuma nak tanya pasal cuaca sahaja.",
    "mt": "Ma nafx għaliex ħassartu l-messaġġ tiegħi lbieraħ, kienet biss mistoqsija dwar it-temp.",
    "my": "မနေ့က ကျွန်တော့်စာကို ဘာလို့ဖျက်လိုက်တာလဲ မသိဘူး။",
    "nb": "Jeg vet ikke hvorfor dere slettet meldingen min i går, det var bare et spørsmål om været.",
    "nl": "Ik weet niet waarom jullie gisteren mijn bericht hebben verwijderd, het was alleen een vraag.",
    "pa": "ਮੈਨੂੰ ਨਹੀਂ ਪਤਾ ਕਿ ਕੱਲ੍ਹ ਮੇਰਾ ਸੁਨੇਹਾ ਕਿਉਂ ਹਟਾਇਆ ਗਿਆ।",
    "pl": "Nie wiem, dlaczego wczoraj usunęliście moją wiadomość, to było tylko pytanie o pogodę.",
    "pt": "Não sei por que vocês apagaram a minha mensagem ontem, era só uma pergunta sobre o tempo.",
    "ro": "Nu știu de ce mi-ați șters mesajul ieri, era doar o întrebare despre vreme.",
    "ru": "Я не знаю, почему вы вчера удалили моё сообщение, это был просто вопрос о погоде.",
    "si": "ඊයේ මගේ පණිවිඩය මකා දැමුවේ ඇයි කියා මම දන්නේ නැහැ.",
    "sk": "Neviem, prečo ste včera vymazali moju správu, bola to len otázka na počasie.",
    "sl": "Ne vem, zakaj ste včeraj izbrisali moje sporočilo, bilo je samo vprašanje o vremenu.",
    "sq": "Nuk e di pse e fshitë mesazhin tim dje, ishte vetëm një pyetje për motin.",
    "sr": "Не знам зашто сте јуче избрисали моју поруку, то је било само питање о времену.",
    "sv": "Jag vet inte varför ni tog bort mitt meddelande i går, det var bara en fråga om vädret.",
    "sw": "Sijui kwa nini mlifuta ujumbe wangu jana, lilikuwa swali tu kuhusu hali ya hewa.",
    "ta": "நேற்று என் செய்தி ஏன் நீக்கப்பட்டது என்று எனக்குத் தெரியவில்லை.",
    "te": "నిన్న నా సందేశాన్ని ఎందుకు తొలగించారో నాకు తెలియదు.",
    "th": "ฉันไม่รู้ว่าทำไมข้อความของฉันถึงถูกลบเมื่อวานนี้",
    "tr": "Dün mesajımı neden sildiğinizi bilmiyorum, sadece hava hakkında bir soruydu.",
    "uk": "Я не знаю, чому ви вчора видалили моє повідомлення, це було просто питання про погоду.",
    "ur": "مجھے نہیں معلوم کہ کل میرا پیغام کیوں ہٹایا گیا، وہ صرف موسم کے بارے میں سوال تھا۔",
    "uz": "Kecha xabarimni nega o‘chirganingizni bilmayman, bu faqat ob-havo haqida savol edi.",
    "vi": "Tôi không biết tại sao hôm qua tin nhắn của tôi bị xóa, đó chỉ là một câu hỏi về thời tiết.",
    "yi": "איך ווייס נישט פֿאַרוואָס איר האָט נעכטן אויסגעמעקט מײַן בריוו.",
    "zh-Hans": "我不知道你们昨天为什么删除了我的消息，那只是一个关于天气的问题。",
    "zh-Hant": "我不知道你們昨天為什麼刪除了我的訊息，那只是一個關於天氣的問題。",
}

# What people shout in three words: told by letters and common words where statistics are at a loss.
SHORT = {
    "Du bist ein Idiot": "de",
    "eres un idiota": "es",
    "você é um idiota": "pt",
    "je vais te tuer": "fr",
    "je bent een idioot": "nl",
    "You are an idiot": "en",
    "jesteś idiotą": "pl",
    "ты идиот": "ru",
    "ти ідіот": "uk",
    "я тебе вб'ю": "uk",
    "من تو را می‌کشم": "fa",
    "تم بے وقوف ہو": "ur",
    "أنت غبي": "ar",
    "तुम बेवकूफ हो": "hi",
    "तू मूर्ख आहेस": "mr",
    "ไอ้ควาย": "th",
    "바보야": "ko",
    "ばか": "ja",
    "cút đi đồ chó": "vi",
}


@pytest.mark.parametrize("tag", sorted(SENTENCES))
def test_a_sentence_is_told(tag: str) -> None:
    found = identify(SENTENCES[tag])
    assert found.tag == tag
    assert found.confidence >= 0.6
    assert languages.normalise(found.tag) == found.tag


@pytest.mark.parametrize("text", sorted(SHORT))
def test_a_few_words_are_told(text: str) -> None:
    assert identify(text).tag == SHORT[text]


@pytest.mark.parametrize(
    "text",
    [
        "ok",
        "lol",
        "asdf jkl",
        "Batasan Penggunaan",
        "سلام",
        "Anna Maria",
        "tu es un idiot",
        "xyzzy qwrtp",
        "ᚠᚢᚦ",
    ],
)
def test_what_could_be_several_languages_is_undetermined(text: str) -> None:
    assert identify(text).tag == "und"


@pytest.mark.parametrize(
    "text", ["", "   ", "12 345", "👍🏽👍🏽", "!!! ???", "https://example.org/hello", "@someone", "🇩🇪"]
)
def test_without_letters_of_its_own_there_is_no_language(text: str) -> None:
    assert identify(text) == identify("")
    assert identify(text).tag == "zxx"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("เครื่องมือการจับคู่แฮช (เช่น PhotoDNA และ CSAI Match ของ Google)", "th"),
        ("Snap Group Limited ได้แต่งตั้ง Snap B.V. เป็นตัวแทน", "th"),
        ("WhatsApp Business 的隐私政策", "zh-Hans"),
        ("Купил новый iPhone Pro Max в магазине", "ru"),
        ("iPhone 17 Pro Max 특가", "ko"),
        ("Sony PlayStation のゲーム", "ja"),
        ("I really do not know what the word Привет means to you and to them", "en"),
        ("我很喜欢日本の漫画，也喜欢中国的电影和音乐", "zh-Hans"),
    ],
)
def test_names_in_another_script_do_not_change_the_language(text: str, tag: str) -> None:
    assert identify(text).tag == tag


@pytest.mark.parametrize(
    "text",
    [
        f"{SENTENCES['en']} {SENTENCES['th']}",
        f"{SENTENCES['ar']}\n{SENTENCES['en']}",
        f"{SENTENCES['en']} {SENTENCES['es']}",
        f"{SENTENCES['de']} {SENTENCES['tr']} {SENTENCES['de']} {SENTENCES['tr']}",
    ],
)
def test_two_languages_in_equal_parts_are_multiple(text: str) -> None:
    assert identify(text).tag == "mul"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("东京和台湾的电视", "zh-Hans"),
        ("東京和臺灣的電視", "zh-Hant"),
        ("你好", "zh-Hans"),
        ("東京駅前の売店", "ja"),
        ("駅前売店営業中", "ja"),
        ("佢哋喺度做乜嘢呀，我唔知", "zh-Hant-HK"),
    ],
)
def test_chinese_and_japanese_are_told_by_their_own_characters(text: str, tag: str) -> None:
    assert identify(text).tag == tag


def test_the_script_is_named_where_it_is_not_the_usual_one() -> None:
    text = "Ne znam zašto ste juče izbrisali moju poruku, to je bilo samo pitanje o vremenu i lepom danu."
    assert identify(text).tag in {"sr-Latn", "bs", "hr"}


def test_invisible_and_control_characters_change_nothing() -> None:
    text = SENTENCES["de"]
    hidden = "\u200b".join(text[:20]) + "\x00\x07\x1b" + text[20:]
    assert identify(hidden) == identify(text)


def test_decomposed_letters_change_nothing() -> None:
    text = SENTENCES["vi"]
    assert identify(unicodedata.normalize("NFD", text)) == identify(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_whatever_the_text_an_answer_comes(text: str) -> None:
    found = identify(text)
    assert 0 <= found.confidence <= 1
    assert found.tag in languages.SPECIAL or languages.normalise(found.tag) == found.tag


@pytest.mark.parametrize("character", ["\ud800", "\x00", "\x85", "\uffff", "\U0010ffff", "\u202e"])
def test_characters_that_the_library_refuses_are_taken_out(character: str) -> None:
    assert identify(character + SENTENCES["fr"] + character).tag == "fr"
