"""Other languages than English: Spanish is answered and closed in Spanish, others are told what is spoken."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from bot.core.language import SPOKEN, Languages
from bot.core.models import Intent, Outcome
from bot.core.plain import SCREEN, full, short
from tests.conftest import NAMES

if TYPE_CHECKING:
    from bot.core.knowledge import Knowledge
    from tests.conftest import Ask

CLOSING = "En español:"

OTHER = {
    "fr": (
        "quel code pour une consultation par vidéo à domicile",
        "quel est le lieu de service pour un cabinet médical",
        "comment facturer une visite à la maison",
        "Bonjour, où se trouve l'hôpital ?",
        "bonjour, comment ça va ?",
        "code pour le patient dans une maison de retraite",
    ),
    "pt": (
        "qual o código para consulta por vídeo em casa",
        "paciente internado no hospital, qual código eu uso",
        "qual a diferença entre consultório e hospital",
        "onde eu coloco o local de atendimento",
        "bom dia, você pode me ajudar?",
    ),
    "it": (
        "quale codice per una visita a casa del paziente",
        "che cosa significa telemedicina",
        "qual è il codice per l'ospedale",
        "dove si trova la farmacia",
        "buongiorno, quanto costa",
    ),
    "de": (
        "welcher code für eine videosprechstunde zu hause",
        "was bedeutet das für den patienten im krankenhaus",
        "wie rechne ich einen hausbesuch ab",
        "unterschied zwischen praxis und klinik",
        "guten tag, können sie mir helfen",
        "wie wird das Wetter morgen",
    ),
    "ht": (
        "ki kòd pou yon vizit lakay pasyan an",
        "kisa pou m mete si pasyan an lopital",
        "bonjou, ki kote klinik la ye",
        "ki pos pou telefòn ak pasyan lakay li",
    ),
    "vi": (
        "mã nào cho bệnh nhân khám tại nhà",
        "ma nao cho benh nhan o nha",
        "xin chào, phòng khám ở đâu",
        "khám qua video dùng mã gì",
    ),
    "tl": (
        "ano ang pos para sa bahay ng pasyente",
        "anong code kapag nasa ospital ang pasyente",
        "paano mag bill ng video visit sa bahay",
        "magkano po ang konsulta",
    ),
    "zh": ("视频看诊病人在家用什么代码", "医院门诊用哪个地点代码", "你好", "今天天气怎么样", "遠程醫療 POS 代碼是什麼"),
    "ko": ("환자가 집에 있을 때 코드는?", "병원 외래 코드가 뭐예요", "안녕하세요"),
    "ja": ("患者が自宅でビデオ診察の場合のコードは", "こんにちは"),
    "ar": ("ما هو الرمز لزيارة المريض في المنزل", "ما الفرق بين العيادة والمستشفى", "مرحبا"),
    "ru": ("какой код для видеовизита дома", "пациент в больнице, какой код", "привет"),
    "pl": ("jaki kod dla wizyty w domu pacjenta", "co oznacza kod dla szpitala", "dzień dobry"),
    "hi": ("मरीज घर पर है तो कौन सा कोड", "ghar par video visit ke liye kaunsa code hai", "kya matlab hai", "नमस्ते"),
    "nl": ("welke code voor een patiënt thuis", "wat is de code voor het ziekenhuis"),
    "tr": ("evde hasta için hangi kod", "hastanede yatan hasta için kod nedir"),
}
"""Questions that name no code, by the language they are in."""

NUMBERED = {
    "qu'est-ce que le pos 10": ("10",),
    "o que é pos 11": ("11",),
    "che cos'è il POS 22": ("22",),
    "was ist POS 02": ("02",),
    "kisa pos 12 vle di": ("12",),
    "pos 31 là gì": ("31",),
    "ano ang pos 23": ("23",),
    "pos 10是什么": ("10",),
    "POS 02 和 10 有什么区别": ("02", "10"),
    "pos 20이 뭐예요": ("20",),
    "ما هو pos 24": ("24",),
    "что такое POS 81": ("81",),
    "co oznacza pos 65": ("65",),
    "pos 15 kya hai": ("15",),
    "qual a diferença entre pos 02 e 10": ("02", "10"),
}
"""Questions in a language that is not spoken, asking for a code by its number."""

LOOK_ALIKES = (
    "pos 10 o 02",
    "tele pt @ hm",
    "pt en route, pos 41?",
    "dos 3/15/21 video at home",
    "DOS 1/2/23 pos 11",
    "pos once the pt is admitted",
    "does the pos change once a year",
    "es modifier on pos 11",
    "pt est at hm",
    "est pt 99213 pos",
    "visit at Clinica de la Raza",
    "la clinica pos",
    "El Camino hospital outpt",
    "Casa de Amparo group home pos",
    "pos for Los Angeles county jail",
    "san juan de dios hospital er",
    "dr de la cruz at snf",
    "Jose saw pt in home",
    "Dr. Muñoz saw the patient in office",
    "señor center day program",
    "café in the lobby, video visit",
    "pos 11 per se",
    "vis a vis visit",
    "a la carte billing",
    "pro bono visit at shelter",
    "pos de facto office",
    "dr le at asc",
    "dr van der berg in hospital",
    "mr la rue at home on phone",
    "pt in la on video from ny",
    "po meds at home",
    "ng tube change at snf",
    "pt c/o pain er",
    "si joint inj in asc",
    "sa node ablation inpt",
    "co 5 denial",
    "co-5 on tele claim",
    "ma plan wants 02",
    "pa in the er",
    "pa saw pt at hm",
    "np @ alf",
    "al facility pos",
    "il pt at home on vid",
    "de facility in network",
    "me clinic in maine",
    "or at the asc",
    "in or out of facility",
    "is rhc nonfac",
    "na on 24b?",
    "ki injection in office",
    "li level drawn at lab",
    "die cast shop, worksite clinic",
    "was in hosp now hm",
    "wat is pos 10",
    "waht pos 4 tele",
    "whcih pos fro hme",
    "teh pt at hoem on vido",
    "snf pt b vid",
    "hola clinic in texas, office visit",
    "taco stand lot, pt in car on video",
    "como lake clinic pos",
    "pos para transit van",
    "il y a",
    "24 👀 pos meaning",
    "µg dose given in office",
    "patient — “at home” — on video",
    "naïve pt at the office",
)


@pytest.fixture(scope="module")
def languages(knowledge: Knowledge) -> Languages:
    """What tells languages apart."""
    return Languages(knowledge)


@pytest.mark.parametrize(("language", "text"), [(name, text) for name, texts in OTHER.items() for text in texts])
def test_other_language(ask: Ask, languages: Languages, language: str, text: str) -> None:
    """A question in a language that is not spoken gets one line that says what is, and no code."""
    assert languages.spoken(text) == language
    reply = ask(text)
    assert (reply.outcome, reply.intent, reply.codes) == (Outcome.DECLINE, Intent.OUT_OF_SCOPE, ())
    assert full(reply).startswith(SPOKEN)
    assert "\n" not in full(reply)


@pytest.mark.parametrize(("text", "codes"), NUMBERED.items())
def test_code_asked_in_another_language(ask: Ask, text: str, codes: tuple[str, ...]) -> None:
    """A code asked for by its number is told in any language, with the line that says what is spoken."""
    reply = ask(text)
    assert (reply.question, reply.codes) == (text, codes)
    assert SPOKEN in full(reply)


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_english_look_alike(languages: Languages, text: str) -> None:
    """Shorthand, names and slips in English are never taken for another language."""
    assert languages.spoken(text) is None


@pytest.mark.parametrize("code", NAMES)
def test_main_point_in_spanish(ask: Ask, knowledge: Knowledge, code: str) -> None:
    """Asked in Spanish, every code closes with its main point in Spanish, on one phone screen too."""
    reply = ask(f"¿Qué es el POS {code}?")
    assert reply.codes == (code,)
    closing = f"{CLOSING} POS {code}: {knowledge.languages.spanish.codes[code]}. "
    assert closing in full(reply)
    assert closing in short(reply)


@pytest.mark.parametrize(
    "text",
    [
        "diferencia entre sala de emergencia y urgent care",
        "que es el pos 10? y el pos 22?",
        "que es pos 10? cual modificador lleva la telesalud? donde va el pos en la cms 1500?",
        "el 15 de marzo de 2021 hicimos video visita, paciente en su casa, que pos",
        "que modificador lleva la telesalud por telefono",
    ],
)
def test_closing_of_several_cards(ask: Ask, text: str) -> None:
    """A reply of several cards closes in Spanish at the end, and within one phone screen."""
    reply = ask(text)
    assert CLOSING in full(reply).rsplit("\n\n", 1)[-1]
    assert CLOSING in short(reply)
    assert len(short(reply)) <= SCREEN


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("¿Qué es el POS 45?", "no está asignado"),
        ("que lugar es pos 100", "no es un código POS válido"),
        ("a que hora abren mañana", "Respondo preguntas sobre códigos POS"),
        ("hola buenos dias", "Respondo preguntas sobre códigos POS"),
        ("departamento del hospital, ¿cuál pos?", "POS 22: hospital en el campus"),
    ],
)
def test_declined_or_asked_back_in_spanish(ask: Ask, text: str, words: str) -> None:
    """What is declined or asked back in Spanish says in Spanish what is answered, or the choices."""
    reply = ask(text)
    assert reply.codes == ()
    assert words in full(reply)


@pytest.mark.parametrize("text", ["pos 10", "pt at home on video", "02 vs 10?", "é"])
def test_no_closing_in_english(ask: Ask, text: str) -> None:
    """English questions close with nothing."""
    assert CLOSING not in full(ask(text))


@pytest.mark.parametrize(
    ("earlier", "later", "code"),
    [
        ("telesalud, paciente en su casa", "¿y si está en la clínica?", "02"),
        ("pos para telesalud por video, paciente en casa", "y por telefono?", "10"),
        ("pt at home on video", "y si esta en la escuela?", "02"),
    ],
)
def test_follow_up_in_spanish(ask: Ask, earlier: str, later: str, code: str) -> None:
    """A follow-up in Spanish leans on the question before, in either language."""
    assert ask(later, context=[earlier]).codes[:1] == (code,)


def test_told_quickly(languages: Languages) -> None:
    """Telling the language of a question costs well under fifty microseconds."""
    texts = [*LOOK_ALIKES, *NUMBERED]
    started = time.process_time()
    for _ in range(50):
        for text in texts:
            languages.spoken(text)
    assert (time.process_time() - started) / (50 * len(texts)) < 50e-6
