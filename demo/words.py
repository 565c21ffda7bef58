"""What Harbour itself says to somebody whose account is locked or closed, in the language that she reads Harbour in.

The statement of reasons comes from Fairlead, in its own language and direction; this is the page around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DIRECTION: Final = {"ar": "rtl", "fa": "rtl", "he": "rtl", "ur": "rtl"}


@dataclass(frozen=True)
class Words:
    """The sentences around what Fairlead says. ``closed`` is the heading when the account was closed for good."""

    locked: str
    closed: str
    appeal: str
    code: str
    until: str
    news: str
    reported: str


WORDS: Final = {
    "en": Words(
        "Your account is locked",
        "Your account is closed",
        "Appeal this decision",
        "Your code for the appeal",
        "You can appeal until",
        "What happened since",
        "What you reported",
    ),
    "ar": Words(
        "حسابك مقفل",
        "حسابك مغلق نهائيًا",
        "اعترض على هذا القرار",
        "رمز الاعتراض الخاص بك",
        "يمكنك الاعتراض حتى",
        "ما حدث منذ ذلك الحين",
        "ما أبلغت عنه",
    ),
    "bn": Words(
        "আপনার অ্যাকাউন্ট লক করা হয়েছে",
        "আপনার অ্যাকাউন্ট বন্ধ করা হয়েছে",
        "এই সিদ্ধান্তের বিরুদ্ধে আপিল করুন",
        "আপিলের জন্য আপনার কোড",
        "আপিল করা যাবে এই তারিখ পর্যন্ত",
        "এরপর যা হয়েছে",
        "আপনি যা রিপোর্ট করেছেন",
    ),
    "de": Words(
        "Dein Konto ist gesperrt",
        "Dein Konto ist geschlossen",
        "Beschwerde gegen diese Entscheidung einlegen",
        "Dein Code für die Beschwerde",
        "Du kannst dich beschweren bis",
        "Was seitdem geschah",
        "Was du gemeldet hast",
    ),
    "es": Words(
        "Tu cuenta está bloqueada",
        "Tu cuenta está cerrada",
        "Apelar esta decisión",
        "Tu código para la apelación",
        "Puedes apelar hasta el",
        "Lo que pasó desde entonces",
        "Lo que denunciaste",
    ),
    "fr": Words(
        "Ton compte est verrouillé",
        "Ton compte est fermé",
        "Contester cette décision",
        "Ton code pour la contestation",
        "Tu peux contester jusqu'au",
        "Ce qui s'est passé depuis",
        "Ce que tu as signalé",
    ),
    "he": Words(
        "החשבון שלך נעול",
        "החשבון שלך נסגר",
        "ערעור על ההחלטה",
        "הקוד שלך לערעור",
        "אפשר לערער עד",
        "מה קרה מאז",
        "מה שדיווחת עליו",
    ),
    "hi": Words(
        "आपका खाता लॉक है",
        "आपका खाता बंद कर दिया गया है",
        "इस फ़ैसले के ख़िलाफ़ अपील करें",
        "अपील के लिए आपका कोड",
        "आप इस तारीख़ तक अपील कर सकते हैं",
        "उसके बाद क्या हुआ",
        "आपने जो रिपोर्ट किया",
    ),
    "id": Words(
        "Akun Anda dikunci",
        "Akun Anda telah ditutup",
        "Ajukan banding atas keputusan ini",
        "Kode banding Anda",
        "Anda dapat mengajukan banding hingga",
        "Yang terjadi sejak itu",
        "Yang Anda laporkan",
    ),
    "ja": Words(
        "アカウントがロックされています",
        "アカウントは閉鎖されました",
        "この決定に異議を申し立てる",
        "異議申し立て用のコード",
        "申し立ての期限",
        "その後の経過",
        "あなたが報告した内容",
    ),
    "ko": Words(
        "계정이 잠겼습니다",
        "계정이 폐쇄되었습니다",
        "이 결정에 이의 제기하기",
        "이의 제기 코드",
        "이의 제기 기한",
        "이후의 경과",
        "신고한 내용",
    ),
    "pt-BR": Words(
        "Sua conta está bloqueada",
        "Sua conta foi encerrada",
        "Recorrer desta decisão",
        "Seu código para o recurso",
        "Você pode recorrer até",
        "O que aconteceu desde então",
        "O que você denunciou",
    ),
    "ru": Words(
        "Ваш аккаунт заблокирован",
        "Ваш аккаунт закрыт",
        "Обжаловать это решение",
        "Ваш код для обжалования",
        "Обжаловать можно до",
        "Что произошло с тех пор",
        "На что вы пожаловались",
    ),
    "th": Words(
        "บัญชีของคุณถูกล็อก",
        "บัญชีของคุณถูกปิดแล้ว",
        "ยื่นอุทธรณ์คำตัดสินนี้",
        "รหัสสำหรับยื่นอุทธรณ์ของคุณ",
        "ยื่นอุทธรณ์ได้ถึงวันที่",
        "สิ่งที่เกิดขึ้นหลังจากนั้น",
        "สิ่งที่คุณรายงาน",
    ),
    "tr": Words(
        "Hesabın kilitlendi",
        "Hesabın kapatıldı",
        "Bu karara itiraz et",
        "İtiraz kodun",
        "Son itiraz tarihi",
        "O günden beri olanlar",
        "Bildirdiklerin",
    ),
    "vi": Words(
        "Tài khoản của bạn đã bị khóa",
        "Tài khoản của bạn đã bị đóng",
        "Khiếu nại quyết định này",
        "Mã khiếu nại của bạn",
        "Bạn có thể khiếu nại đến",
        "Những gì đã xảy ra sau đó",
        "Những gì bạn đã báo cáo",
    ),
    "zh-Hans": Words(
        "你的帐号已被锁定",
        "你的帐号已被关闭",
        "对此决定提出申诉",
        "你的申诉代码",
        "申诉截止日期",
        "之后的进展",
        "你举报的内容",
    ),
    "zh-Hant": Words(
        "你的帳號已被鎖定",
        "你的帳號已被關閉",
        "對此決定提出申訴",
        "你的申訴代碼",
        "申訴截止日期",
        "之後的進展",
        "你檢舉的內容",
    ),
}


def words_for(language: str) -> tuple[str, Words]:
    """The words in this language, and which language that is: English where Harbour has none."""
    return (language, WORDS[language]) if language in WORDS else ("en", WORDS["en"])
