"""Staff read which language a message is in, if plain signs tell it; a wrong name would send it to the wrong person."""

from __future__ import annotations

import pytest

from classifier.text.languages import name_language

NAMED = {
    "Portuguese": ["Bom dia, preciso marcar uma consulta pra minha filha", "nao estou bem, tenho muito dor de cabeca"],
    "French": ["Bonjour, je voudrais prendre rendez-vous pour mon fils", "j'ai mal au ventre depuis hier, merci"],
    "Haitian Creole": ["Bonjou mwen bezwen yon randevou pou pitit mwen", "mwen malad anpil, eske dokte a la jodi a"],
    "German": ["Guten Tag, ich brauche einen Termin", "ich habe seit heute Schmerzen, kann ich kommen bitte"],
    "Italian": ["Buongiorno, vorrei un appuntamento per mio figlio", "ho un forte dolore, posso venire oggi? grazie"],
    "Tagalog": ["Magandang umaga po, pwede po ba magpa-schedule bukas", "masakit po ang tiyan ng anak ko"],
    "Polish": ["Dzień dobry, proszę o wizytę na jutro", "bardzo boli mnie ząb, czy można dzisiaj?"],
    "Vietnamese": ["Tôi muốn đặt lịch hẹn khám bệnh", "con tôi bị sốt cao"],
    "Chinese": ["我想预约明天看医生", "請問星期六有開嗎?", "您好,我想预约 Dr. Alexander Montgomery"],
    "Japanese": ["予約を変更したいです", "明日お願いします"],
    "Korean": ["내일 예약하고 싶어요"],
    "Russian": ["Здравствуйте, хочу записаться к врачу"],
    "Ukrainian": ["Добрий день, мені потрібен запис до лікаря"],
    "Arabic": ["مرحبا أريد موعد غدا"],
    "Persian": ["سلام، می‌خواهم با دکتر صحبت کنم، پسرم تب دارد گلو درد"],
    "Urdu": ["مجھے ڈاکٹر سے ملنا ہے"],
    "Hindi": ["मुझे कल अपॉइंटमेंट चाहिए"],
    "Amharic": ["ቀጠሮ እፈልጋለሁ"],
    "Pashto": ["زه غواړم ډاکټر وګورم"],
    "Tigrinya": ["ቆጸራ ክገብር እደሊ ኣለኹ"],
    "Hebrew": ["אני צריך תור לרופא"],
    "Armenian": ["Բարև, ուզում եմ գրանցվել"],
}
# A script that several languages share is named if nothing tells which of them it is.
NAMED |= {
    "Cyrillic script": ["Добър ден, искам да си запиша час", "Добар дан, желим да закажем преглед"],
    "Devanagari script": ["मलाई भोलि डाक्टर भेट्नु छ", "मला उद्या डॉक्टरांना भेटायचे आहे"],
    "Hebrew script": ["איך דאַרף אַ דאָקטער"],
}
UNNAMED = [
    "",
    "👍 123",
    "ok merci",
    "Can I move my visit to Tuesday?",
    "Necesito una cita para mi hija, tiene tos desde ayer",
    "I need a refill of my lisinopril, thanks",
    "asdf qwer",
    "Dr. Nguyen please",
    "necesito hablar con el doctor na mas, mi mama esta mal",
    "Waxaan rabaa ballan",
    "Dobrý deň, nie je mi dobre, bolí ma zub",
    "Dobrý den, chtěl bych se objednat na zítra",
    "Dobar dan, boli me zub, moja kći",
    "Bo día, estou mal, quero pedir cita co doutor",
    "sakit akong tiyan, pwede ba ko moadto ugma",
    "Ẹ káàárọ̀, orí ń fọ́ mi, ọmọ mi kò lè jẹun",
    "Kedu, ahụ adịghị m mma, achọrọ m ịhụ dọkịta",
    "my mother Thuỷ Trần receive the letter and she already pay the bill last week at your front desk",
    "Le escribo porque mi marido no me deja dormir. Una vez al mes vamos con el doctor y nous nunca entiende",
]


@pytest.mark.parametrize(
    ("text", "language"), [(text, language) for language, texts in NAMED.items() for text in texts]
)
def test_a_language_is_named(text: str, language: str) -> None:
    assert name_language(text) == language


@pytest.mark.parametrize("text", UNNAMED)
def test_what_little_tells_is_not_named(text: str) -> None:
    assert name_language(text) == ""
