"""The commonest short words of languages that share a script: what tells them apart in a text of a few words.

A statistical identifier is at a loss below a dozen words; "du bist ein" settles what it cannot. Written from general
knowledge of the languages; a word may stand in several.
"""

from __future__ import annotations

from typing import Final

_WORDS: Final = {
    # Latin
    "af": "die en is nie het van vir ek jy hy sy ons hulle wat met op my jou baie hierdie sal kan hallo "
    "dankie",
    "az": "və bir bu o mən sən biz siz onlar üçün ilə nə var yox deyil çox salam ki da də mənim sənin",
    "bs": "je i u na da se ne su ti si on ona mi vi oni što kako za sam nije ovo tebe mene zdravo hvala sve "
    "šta",
    "ca": "el la els les un una de que i és no per amb ets sóc però tu jo ell ella molt això aquest hola "
    "gràcies",
    "cs": "je a v na se že to ne jsi jsem ty já on ona my vy jak co za ale pro tě mě být ahoj děkuji tento "
    "si",
    "da": "og er en et det du jeg ikke han hun vi de dig mig på til af med har som der den hej tak din min",
    "de": "der die das und ist ein eine du ich er sie wir ihr nicht dich mich dir mir bist bin zu mit von auf für "
    "den dem was wie hallo guten danke dein mein hat wird auch",
    "en": "the a an and is are you i he she we they not to of in it my your me him this that will with for on was be "
    "do what how hello hi thanks have all go now",
    "es": "el la los las un una de que y es no te me lo en por con eres soy tu tú yo él muy esto está para como qué "
    "hola gracias su mi más todo voy se",
    "et": "on ja ei see sa ma ta me te nad mis kui kes oled olen minu sinu väga siin tere aitäh ning et ka",
    "fi": "on ja ei se sinä minä hän me te he olet olen mikä että kuin tämä sinun minun hei kiitos oli myös "
    "niin",
    "fil": "ang ng sa na ay mga ko mo ka ako ikaw siya kami kayo sila hindi ito po naman lang kung may wala salamat "
    "kumusta yung si ni",
    "fr": "le la les un une de des et est tu je il elle nous vous ils ne pas que qui dans pour avec es suis te me sur "
    "mon ton bonjour merci ce cette vais très au du en",
    "ga": "an na agus is tá níl mé tú sé sí sinn sibh siad ar ag le do mo cad conas go dia duit raibh ach",
    "hr": "je i u na da se ne su ti si on ona mi vi oni što kako za sam nije ovo tebe mene bok hvala sve tko",
    "hu": "a az és egy nem te én ő mi ti ők van hogy ez mint is vagy vagyok de meg szia köszönöm mit nagyon "
    "lesz",
    "id": "yang dan di ke dari untuk dengan ini itu tidak adalah saya kamu anda dia kami kita mereka bisa karena akan "
    "juga sudah banyak aku kau lo gue nggak terima kasih uang pada kalian",
    "it": "il lo la gli le un una di che e è non sei sono tu io lui lei noi voi per con mi ti in ciao grazie molto "
    "questo come cosa ma del della",
    "lt": "ir yra ne tu aš jis ji mes jūs jie kad tai kaip su į iš tavo mano labas ačiū labai šis esi esu",
    "lv": "un ir nav tu es viņš viņa mēs jūs viņi ka tas kā ar uz no tavs mans sveiki paldies ļoti šis esi "
    "esmu",
    "ms": "yang dan di ke dari untuk dengan ini itu tidak adalah saya awak anda dia kami kita mereka boleh kerana akan "
    "juga sudah banyak aku kau tak nak terima kasih wang pada korang",
    "mt": "il u ta li ma hu hi jien int aħna intom huma mhux dan din għal minn kif x'inhu bongu grazzi lil "
    "fil",
    "nb": "og er en et det du jeg ikke han hun vi de deg meg på til av med har som der den hei takk din min",
    "nl": "de het een en is je jij ik hij zij we niet van te dat die op voor met bent ben mijn jouw wat hoe hallo dank "
    "ga heb ook maar er",
    "nn": "og er ein eit det du eg ikkje han ho vi dei deg meg på til av med har som den hei takk din min "
    "kva",
    "pl": "i w na z się nie to jest jesteś jestem ty ja on ona my wy oni że jak co do za cię mnie cześć "
    "dziękuję ale bardzo",
    "pt": "o a os as um uma de que e é não você eu ele ela nós te me em por com para sou está muito isto este como seu "
    "olá obrigado bom dia vou do da se meu tudo",
    "ro": "și este un o de la nu tu eu el ea noi voi ei că în cu pe pentru ce cum ești sunt te mă foarte "
    "bună mulțumesc",
    "sk": "je a v na sa že to nie si som ty ja on ona my vy ako čo za ale pre ťa ma byť ahoj ďakujem tento",
    "sl": "je in v na da se ne si sem ti jaz on ona mi vi kako kaj za ali te me to zdravo hvala zelo ta",
    "sq": "dhe është një nuk ti unë ai ajo ne ju ata që me për në si çfarë je jam shumë përshëndetje "
    "faleminderit kjo ky",
    "sv": "och är en ett det du jag inte han hon vi de dig mig på till av med har som den hej tack din min "
    "att",
    "sw": "na ya wa ni kwa si mimi wewe yeye sisi ninyi wao hii hiyo habari asante sana kama nini kuwa hapa "
    "yangu yako la",
    "tr": "ve bir bu o ben sen biz siz onlar için ile ne var yok değil çok merhaba teşekkürler da de mi ama "
    "gibi seni beni",
    "uz": "va bir bu u men sen biz siz ular uchun bilan nima bor yo‘q emas juda salom rahmat ham edi",
    "vi": "là và của không tôi bạn mày tao nó có cho này một những được các người với xin chào cảm ơn rất "
    "anh em",
    # Cyrillic
    "bg": "и е не в на да се си съм ти аз той тя ние вие те какво това как за от много здравей благодаря ще",
    "kk": "және бұл мен сен ол біз сіз олар үшін емес бар жоқ өте сәлем рахмет не бір да де",
    "mk": "и е не во на да се си сум ти јас тој таа ние вие тие што ова како за од многу здраво благодарам "
    "ќе",
    "ru": "и в не на я ты он она мы вы они что это как с по тебя меня тебе мне у за но все так привет "
    "спасибо кто мой твой",
    "sr": "и је не у на да се си сам ти ја он она ми ви они шта ово како за од много здраво хвала ће",
    "uk": "і в не на я ти він вона ми ви вони що це як з по тебе мене тобі мені у за але все так привіт "
    "дякую хто мій твій",
    # Arabic
    "ar": "في من على أن إلى هذا هذه ما لا أنت أنا هو هي نحن هم كان كل مع عن يا سوف قد مرحبا شكرا جدا التي "
    "الذي",
    "fa": "در از به که و این آن را با من تو او ما شما نیست است هست می برای یک هم خیلی ممنون چه",
    "ur": "ہے میں کے کی کا کو اور سے نے یہ وہ تم آپ ہم نہیں ہو ہوں پر ایک کیا بہت شکریہ تھا گا",
    # Devanagari
    "hi": "है हैं और का की के को में से यह वह तुम आप मैं हम नहीं हो एक क्या बहुत था पर ने भी नमस्ते धन्यवाद गा",
    "mr": "आहे आणि चा ची चे ला मध्ये हे ते तू तुम्ही मी आम्ही नाही आहेस एक काय खूप होता वर ने नमस्कार धन्यवाद तुला मला",
    "ne": "छ र को मा लाई बाट यो त्यो तिमी तपाईं म हामी छैन हो एक के धेरै थियो ले पनि नमस्ते धन्यवाद",
}

COMMON_WORDS: Final = {tag: frozenset(words.split()) for tag, words in _WORDS.items()}
