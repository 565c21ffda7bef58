"""What Harbour itself says to somebody whose account is locked, in the language that she reads Harbour in.

The statement of reasons comes from Fairlead, in its own language and direction; this is the page around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DIRECTION: Final = {"ar": "rtl", "fa": "rtl", "he": "rtl", "ur": "rtl"}


@dataclass(frozen=True)
class Words:
    """The sentences of the locked screen."""

    locked: str
    appeal: str
    code: str
    until: str
    news: str


WORDS: Final = {
    "en": Words(
        "Your account is locked",
        "Appeal this decision",
        "Your code for the appeal",
        "You can appeal until",
        "What happened since",
    ),
    "ar": Words(
        "حسابك مقفل",
        "اعترض على هذا القرار",
        "رمز الاعتراض الخاص بك",
        "يمكنك الاعتراض حتى",
        "ما حدث منذ ذلك الحين",
    ),
    "bn": Words(
        "আপনার অ্যাকাউন্ট লক করা হয়েছে",
        "এই সিদ্ধান্তের বিরুদ্ধে আপিল করুন",
        "আপিলের জন্য আপনার কোড",
        "আপিল করা যাবে এই তারিখ পর্যন্ত",
        "এরপর যা হয়েছে",
    ),
    "de": Words(
        "Dein Konto ist gesperrt",
        "Beschwerde gegen diese Entscheidung einlegen",
        "Dein Code für die Beschwerde",
        "Du kannst dich beschweren bis",
        "Was seitdem geschah",
    ),
    "es": Words(
        "Tu cuenta está bloqueada",
        "Apelar esta decisión",
        "Tu código para la apelación",
        "Puedes apelar hasta el",
        "Lo que pasó desde entonces",
    ),
    "fr": Words(
        "Ton compte est verrouillé",
        "Contester cette décision",
        "Ton code pour la contestation",
        "Tu peux contester jusqu'au",
        "Ce qui s'est passé depuis",
    ),
    "he": Words(
        "החשבון שלך נעול",
        "ערעור על ההחלטה",
        "הקוד שלך לערעור",
        "אפשר לערער עד",
        "מה קרה מאז",
    ),
    "hi": Words(
        "आपका खाता लॉक है",
        "इस फ़ैसले के ख़िलाफ़ अपील करें",
        "अपील के लिए आपका कोड",
        "आप इस तारीख़ तक अपील कर सकते हैं",
        "उसके बाद क्या हुआ",
    ),
    "id": Words(
        "Akun Anda dikunci",
        "Ajukan banding atas keputusan ini",
        "Kode banding Anda",
        "Anda dapat mengajukan banding hingga",
        "Yang terjadi sejak itu",
    ),
    "ja": Words(
        "アカウントがロックされています",
        "この決定に異議を申し立てる",
        "異議申し立て用のコード",
        "申し立ての期限",
        "その後の経過",
    ),
    "ko": Words(
        "계정이 잠겼습니다",
        "이 결정에 이의 제기하기",
        "이의 제기 코드",
        "이의 제기 기한",
        "이후의 경과",
    ),
    "pt-BR": Words(
        "Sua conta está bloqueada",
        "Recorrer desta decisão",
        "Seu código para o recurso",
        "Você pode recorrer até",
        "O que aconteceu desde então",
    ),
    "ru": Words(
        "Ваш аккаунт заблокирован",
        "Обжаловать это решение",
        "Ваш код для обжалования",
        "Обжаловать можно до",
        "Что произошло с тех пор",
    ),
    "th": Words(
        "บัญชีของคุณถูกล็อก",
        "ยื่นอุทธรณ์คำตัดสินนี้",
        "รหัสสำหรับยื่นอุทธรณ์ของคุณ",
        "ยื่นอุทธรณ์ได้ถึงวันที่",
        "สิ่งที่เกิดขึ้นหลังจากนั้น",
    ),
    "tr": Words(
        "Hesabın kilitlendi",
        "Bu karara itiraz et",
        "İtiraz kodun",
        "Son itiraz tarihi",
        "O günden beri olanlar",
    ),
    "vi": Words(
        "Tài khoản của bạn đã bị khóa",
        "Khiếu nại quyết định này",
        "Mã khiếu nại của bạn",
        "Bạn có thể khiếu nại đến",
        "Những gì đã xảy ra sau đó",
    ),
    "zh-Hans": Words(
        "你的帐号已被锁定",
        "对此决定提出申诉",
        "你的申诉代码",
        "申诉截止日期",
        "之后的进展",
    ),
    "zh-Hant": Words(
        "你的帳號已被鎖定",
        "對此決定提出申訴",
        "你的申訴代碼",
        "申訴截止日期",
        "之後的進展",
    ),
}


def words_for(language: str) -> tuple[str, Words]:
    """The words in this language, and which language that is: English where Harbour has none."""
    return (language, WORDS[language]) if language in WORDS else ("en", WORDS["en"])
