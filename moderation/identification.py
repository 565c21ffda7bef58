"""Which language a text is in: first by its script, then by the letters and commonest words, then by statistics.

``und``, ``mul`` and ``zxx`` are honest answers: a case in ``und`` is for everybody, while a wrong guess waits in a lane
for readers who cannot read it. The statistical library is CLD2 (pycld2), Hans and Hant come from hanzidentifier.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import hanzidentifier
import langcodes
import pycld2
from hanzidentifier import helpers as hanzi

from moderation import languages
from moderation.common_words import COMMON_WORDS
from moderation.languages import MULTIPLE, NO_LANGUAGE, UNDETERMINED
from moderation.scripts import COMMON, letters_by_script, script_of


@dataclass(frozen=True)
class Identified:
    """A normalised BCP 47 tag and how sure we are of it, 0 to 1."""

    tag: str
    confidence: float


# Below this many letters one of the shared scripts says too little, unless its words are common ones.
FEW_LETTERS: Final = 15
# From here on statistics alone can be believed, also between near relatives.
MANY_LETTERS: Final = 60
# The first characters decide: nobody writes the first 20,000 in another language than the rest without it showing.
MOST_CHARACTERS: Final = 20_000
# A second language counts from this share of the text on, if it is running text.
SECOND_SHARE: Final = 0.3
# In a script of its own, from this share on: nobody's name is spelt in Thai inside an English text.
OWN_SHARE: Final = 0.15
MOST_SENTENCES: Final = 40

# What is no language: addresses, names of people and things that a platform links.
NOT_PROSE: Final = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+|[@#]\w+")
SENTENCE: Final = re.compile(r"[^.!?。！？।؟\n]+")
APOSTROPHES: Final = frozenset("'’‘ʼ")

# Scripts in which, in practice, one language is written. Han, Hebrew, Bengali have rules of their own.
ONE_LANGUAGE: Final = {
    "Armn": "hy", "Cher": "chr", "Geor": "ka", "Grek": "el", "Gujr": "gu", "Guru": "pa", "Hang": "ko",
    "Khmr": "km", "Knda": "kn", "Laoo": "lo", "Mlym": "ml", "Mong": "mn-Mong", "Mymr": "my", "Nkoo": "nqo",
    "Olck": "sat", "Orya": "or", "Sinh": "si", "Syrc": "syr", "Taml": "ta", "Telu": "te", "Thaa": "dv",
    "Thai": "th", "Tibt": "bo",
}  # fmt: skip
# Scripts that many languages share, in which a few words may be names.
SHARED: Final = frozenset({"Latn", "Cyrl", "Arab", "Deva", "Ethi"})
# One character of these says as much as several letters.
WEIGHT: Final = {"Hani": 2.5, "Hang": 2.0, "Hira": 1.5, "Kana": 1.5}

# Characters of Japanese: simplified after 1946 otherwise than in China.
SHINJITAI: Final = frozenset(
    "両仏働円労単厳収営図売変対広弾戦戻払抜択拡栃検榊歩歯歳毎気沢渉渋滝畑県竜絵続総縄聴脳臓蔵薬覚覧観訳読辺込"
    "鉄録関険隠駅駆騒験髪黒齢匂塀辻"
)
# Characters of written Cantonese only.
CANTONESE: Final = frozenset("嘅咗喺佢唔啲嚟冇嗰哋咁乜噉嘢瞓攞")
YIDDISH: Final = re.compile("[װױײ]|[אי]ִ|אַ|אָ|פֿ")

# Letters that settle the language, asked in this order.
TELLING: Final = {
    script: tuple((re.compile(letters), tag) for letters, tag in telling)
    for script, telling in {
        "Cyrl": (
            ("[ђћ]", "sr"), ("[ѓќѕ]", "mk"), ("[їєґ]|[бпвмфр]['’ʼ][яюєї]", "uk"), ("ў", "be"), ("[ұһ]", "kk"),
            ("[ӯӣҷ]", "tg"), ("җ", "tt"),
        ),
        "Arab": (
            ("[ٻڀٿڦڄڃڇڊڏڌڙڳڱڪ]", "sd"), ("[ټډړښږڼۍځڅ]", "ps"), ("[ۇۈۋڭ]", "ug"), ("[ێۆڕڵ]", "ckb"),
            ("[ٹڈڑںےۓ]", "ur"),
        ),
        "Deva": (("[ळऱ]", "mr"),),
        "Latn": (("[ơưạảầấẩẫậắằẳẵặẹẻẽềếểễệỉịọỏồốổỗộớờởỡợụủứừửữựỳỵỷỹ]", "vi"), ("[əƏ]", "az")),
    }.items()
}  # fmt: skip
# Letters that rule a language out.
FOREIGN: Final = {
    "bg": "ыэёіїєґўђћџљњјѓќѕ", "be": "щъїєґђћј", "mk": "ыэёъщьюяйіїєґў", "sr": "ыэёъщьюяйіїєґў",
    "ru": "іїєґўђћџљњјѓќѕәғқңөұүһ", "uk": "ыэёъўђћџљњјѓќѕ", "ar": "یکپچژگٹڈڑںے", "fa": "ٹڈڑںےةيك",
    "ur": "ةيك",
}  # fmt: skip
# Near relatives, which statistics tell apart only in longer texts.
RELATIVES: Final = (
    {"id", "ms"}, {"hr", "bs", "sr", "sl", "mk", "bg"}, {"da", "nb", "nn"}, {"cs", "sk"}, {"nl", "af"},
    {"gl", "pt", "es", "ca"}, {"ru", "uk", "be", "bg"}, {"hi", "mr", "ne", "bho"}, {"xh", "zu"},
    {"tr", "az", "tk", "uz"}, {"fa", "ur", "ps"}, {"rw", "rn"},
)  # fmt: skip
# What CLD2 says of names, codes and slang; nobody posts in them.
UNLIKELY: Final = frozenset(
    {"la", "ia", "ie", "vo", "tlh", "zzp", "sco", "un", "xx", "nr", "gv", "aa", "na", "lg"}
)


def identify(text: str) -> Identified:
    """The language of a text: a tag, ``mul`` for a clear mixture, ``und`` when unsure, ``zxx`` without letters."""
    text = _clean(text)
    letters = letters_by_script(text)
    parts = _parts(letters)
    if not parts:
        return Identified(UNDETERMINED, 0.0) if letters else Identified(NO_LANGUAGE, 1.0)
    top = parts[0][0]
    weighty = [
        (script, share)
        for script, share in parts
        if share >= (SECOND_SHARE if script in SHARED else OWN_SHARE)
    ]
    # Names and slogans in Latin letters are not a language beside another script: that takes running text.
    running = [script for script, _ in weighty if _is_running(text, script, letters[script])]
    found = [_language(text, script, letters) for script in running or [top]]
    if len({each.tag for each in found}) > 1:
        return Identified(MULTIPLE, min(each.confidence for each in found))
    return found[0]


def guesses(text: str, most: int = 5) -> list[str]:
    """What a text may be in, likeliest first, for a person who says which it is. Tags; none of them special."""
    text = _clean(text)
    letters = letters_by_script(text)
    found: list[str] = []
    for script, _ in _parts(letters):
        if script in SHARED:
            found += _guesses_in(_only(text, script), script)
        else:
            found.append(_language(text, script, letters).tag)
    return [tag for tag in dict.fromkeys(found) if tag not in languages.SPECIAL][:most]


def _guesses_in(text: str, script: str) -> list[str]:
    """By statistics, by common words and by telling letters, however unsure."""
    by_letters = [tag for telling, tag in TELLING.get(script, ()) if telling.search(text)]
    _, _, parts = pycld2.detect(text, bestEffort=True)
    by_statistics = [_of_cld2(code, script) for _, code, percent, _ in parts if percent]
    by_words = [tag for tag, _ in _votes(_words(text), text).most_common(3)]
    return [_with_script(tag, script) for tag in (*by_letters, *by_statistics, *by_words) if tag]


def _clean(text: str) -> str:
    """What CLD2 can take and what is prose: no control characters, addresses, mentions or tags."""
    text = unicodedata.normalize("NFC", text[:MOST_CHARACTERS])
    text = "".join(c if c in "\n\t" or unicodedata.category(c)[0] != "C" else _instead(c) for c in text)
    return NOT_PROSE.sub(" ", text)


def _instead(character: str) -> str:
    """Invisible joiners vanish, as they stand inside words; other control characters part them."""
    return "" if unicodedata.category(character) == "Cf" else " "


def _parts(letters: Counter[str]) -> list[tuple[str, float]]:
    """The scripts of a text with their shares, weightiest first. Kana and Han count together where both occur."""
    weights = {s: n * WEIGHT.get(s, 1.0) for s, n in letters.items() if s != COMMON}
    kana = weights.pop("Hira", 0.0) + weights.pop("Kana", 0.0)
    if kana:
        # Kana beyond a stray の make the Han around them Japanese.
        if kana >= 0.08 * weights.get("Hani", 0.0) and kana > 1.5:
            kana += weights.pop("Hani", 0.0)
        weights["Jpan"] = kana
    total = sum(weights.values())
    return sorted(((script, weight / total) for script, weight in weights.items()), key=lambda part: -part[1])


def _language(text: str, script: str, letters: Counter[str]) -> Identified:
    """The language of those parts of a text that are written in one script."""
    if script == "Jpan":
        return Identified("ja", 0.99)
    if script in ONE_LANGUAGE:
        return Identified(ONE_LANGUAGE[script], 0.99 if letters[script] > 2 else 0.7)
    if script == "Hani":
        return _chinese(text)
    if script == "Hebr":
        return Identified("yi" if len(YIDDISH.findall(text)) > 1 else "he", 0.95)
    if script == "Beng":
        return Identified("as" if "ৰ" in text or "ৱ" in text else "bn", 0.95)
    return _prose(_only(text, script), script)


def _is_running(text: str, script: str, letters: int) -> bool:
    """Whether what a text has in one script is more than names: in Latin letters, by its common words."""
    if script != "Latn":
        return script not in SHARED or letters > FEW_LETTERS
    words = _words(_only(text, script))
    most = max(_votes(words, "").values(), default=0)
    return most >= 4 and most >= 0.2 * len(words)


def _only(text: str, script: str) -> str:
    return "".join(c if script_of(c) in (script, COMMON) else " " for c in text)


def _chinese(text: str) -> Identified:
    """Hans or Hant by the characters that only one of them has; Japanese without kana by those of its own."""
    characters = [c for c in text if script_of(c) == "Hani"]
    distinct = set(characters)
    if len(distinct & CANTONESE) > 1:
        return Identified("zh-Hant-HK", 0.8)
    if sum(c in SHINJITAI for c in characters) > 0.05 * len(characters):
        return Identified("ja", 0.7)
    kind = hanzidentifier.identify(text)
    if kind == hanzidentifier.SIMPLIFIED:
        return Identified("zh-Hans", 0.95)
    if kind == hanzidentifier.TRADITIONAL:
        return Identified("zh-Hant", 0.95)
    simplified = sum(
        c in hanzi.SIMPLIFIED_CHARACTERS and c not in hanzi.SHARED_CHARACTERS for c in characters
    )
    traditional = sum(
        c in hanzi.TRADITIONAL_CHARACTERS and c not in hanzi.SHARED_CHARACTERS for c in characters
    )
    if simplified == traditional:
        # Valid in both: every reader of Chinese reads it, and a bare zh counts as Hans.
        return Identified("zh-Hans", 0.6)
    return Identified("zh-Hans" if simplified > traditional else "zh-Hant", 0.75)


def _prose(text: str, script: str) -> Identified:
    """A text in a script that many languages share; ``mul`` where its sentences are clearly of two."""
    letters = sum(c.isalpha() for c in text)
    whole = _statistics(text, script, letters)
    if letters < 1.3 * MANY_LETTERS:
        return whole
    sentences = [s for s in SENTENCE.findall(text) if sum(c.isalpha() for c in s) > FEW_LETTERS]
    found: Counter[str] = Counter()
    for sentence in sentences[:: max(1, len(sentences) // MOST_SENTENCES)]:
        size = sum(c.isalpha() for c in sentence)
        found[_statistics(sentence, script, size).tag] += size
    del found[UNDETERMINED]
    (first, most), (second, next_most) = (*found.most_common(2), ("", 0), ("", 0))[:2]
    if next_most and next_most >= SECOND_SHARE * found.total() and not _related(first, second):
        return Identified(MULTIPLE, round(next_most / most, 2))
    if whole.tag == UNDETERMINED and most >= letters / 2:
        return Identified(first, 0.6)
    return whole


def _statistics(text: str, script: str, letters: int) -> Identified:
    """One language for a piece of text in one script: telling letters, common words and CLD2, weighed by length."""
    settled = next((tag for telling, tag in TELLING.get(script, ()) if telling.search(text)), "")
    guess, sure, share = _cld2(text, script)
    if guess and _has(text, FOREIGN.get(guess, "")):
        guess, sure = "", False
    if settled and guess != settled:
        return Identified(_with_script(settled, script), 0.7)
    if guess and sure and letters >= MANY_LETTERS:
        return Identified(_with_script(guess, script), round(0.6 + 0.39 * share, 2))
    words = _words(text)
    votes = _votes(words, text)
    most = max(votes.values(), default=0)
    best = [tag for tag, count in votes.items() if count == most]
    if guess in best and (sure or 3 * most >= len(words)):
        return Identified(_with_script(guess, script), 0.85 if sure else 0.65)
    # One common word in Latin letters may be anybody's name; elsewhere it says more.
    if len(best) == 1 and most >= (2 if script == "Latn" else 1) and 2 * most >= len(words):
        return Identified(_with_script(best[0], script), 0.6)
    alone = not any(guess in group for group in RELATIVES)
    if guess and sure and letters >= FEW_LETTERS and alone and not votes:
        return Identified(_with_script(guess, script), 0.6)
    if settled:
        return Identified(_with_script(settled, script), 0.7)
    return Identified(UNDETERMINED, 0.0)


def _words(text: str) -> list[str]:
    """The words of a text, case-folded: runs of letters, their marks, and apostrophes."""
    kept = (c if c in APOSTROPHES or unicodedata.category(c)[0] in "LM" else " " for c in text)
    return "".join(kept).casefold().split()


def _votes(words: list[str], text: str) -> Counter[str]:
    """How many of the words are common ones, by language; not for languages that lack a letter of the text."""
    votes = Counter({tag: sum(word in common for word in words) for tag, common in COMMON_WORDS.items()})
    return Counter({tag: n for tag, n in votes.items() if n and not _has(text, FOREIGN.get(tag, ""))})


def _cld2(text: str, script: str) -> tuple[str, bool, float]:
    """CLD2's best guess as a tag, whether it calls it reliable, and the share of the text that it is of."""
    _, _, parts = pycld2.detect(text, bestEffort=True)
    code, percent = parts[0][1], parts[0][2]
    guess = _of_cld2(code, script)
    if not guess:
        return "", False, 0.0
    reliable, _, strict = pycld2.detect(text)
    return guess, reliable and strict[0][1] == code, percent / 100


def _of_cld2(code: str, script: str) -> str:
    """One of CLD2's codes as a tag; empty for what is no language, or one that nobody posts in."""
    if code in UNLIKELY or code.startswith("xx"):
        return ""
    return languages.normalise("ckb" if code == "ku" and script == "Arab" else code)


@lru_cache(maxsize=1024)
def _with_script(tag: str, script: str) -> str:
    """``sr`` written in Latin letters is ``sr-Latn``: a reader must know the script."""
    language = langcodes.Language.get(tag)
    if language.script or language.maximize().script == script:
        return tag
    return language.update_dict({"script": script}).to_tag()


def _has(text: str, letters: str) -> bool:
    return any(letter in text for letter in letters)


def _related(one: str, other: str) -> bool:
    bare = {one.split("-")[0], other.split("-")[0]}
    return len(bare) == 1 or any(bare <= group for group in RELATIVES)
