"""What a verdict says, in the languages of stations."""

from collections.abc import Mapping
from dataclasses import dataclass

from pullcord_wire.message import Verdict

from .card import State
from .plant import Language


@dataclass(frozen=True, slots=True)
class Words:
    """One language: a word for each refusal and each state, and what a card waits for.

    `misplaced` in `verdicts` names the `{place}`, `not_in_state` the `{state}`; `gathering` has `{waiting}` and `{need}`.
    """

    verdicts: Mapping[Verdict, str]
    states: Mapping[State, str]
    waits: str
    gathering: str
    replace: str


def words_of(language: Language) -> Words:
    """All of a language's."""
    return _WORDS[language]


def _words(verdicts: str, states: str, waits: str, gathering: str, replace: str) -> Words:
    """Verdicts and states in the order of `_REFUSALS` and `State`, parted by `|`."""
    return Words(
        verdicts=dict(zip(_REFUSALS, verdicts.split("|"), strict=True)),
        states=dict(zip(State, states.split("|"), strict=True)),
        waits=waits,
        gathering=gathering,
        replace=replace,
    )


_REFUSALS = (
    Verdict.DUPLICATE,
    Verdict.UNKNOWN,
    Verdict.UNBOUND,
    Verdict.MISREAD,
    Verdict.MISPLACED,
    Verdict.BLOCKED,
    Verdict.HOLD,
    Verdict.RETIRED,
    Verdict.OLD_PRINT,
    Verdict.TAKE_OUT,
    Verdict.NOT_IN_STATE,
    Verdict.MISMATCH,
    Verdict.EXPIRED,
)
_WORDS = {
    Language.EN: _words(
        "already posted|unknown card|tag without a card|read again|belongs to {place}"
        "|blocked, take this card out|on hold, do not use|retired, take this card out"
        "|old print, take this card out|take this card out|not now: card is {state}|wrong box"
        "|expired, take this card out",
        "full|empty|released|in_process|in_transit",
        "waits",
        "{waiting} of {need} waiting",
        "replace this card",
    ),
    Language.DE: _words(
        "schon gebucht|Karte unbekannt|Chip ohne Karte|nochmals lesen|gehört zu {place}"
        "|gesperrt, Karte entnehmen|Qualitätssperre, nicht verwenden|ausgemustert, Karte entnehmen"
        "|alter Druck, Karte entnehmen|Karte entnehmen|jetzt nicht: Karte ist {state}|falscher Behälter"
        "|abgelaufen, Karte entnehmen",
        "voll|leer|freigegeben|in Arbeit|unterwegs",
        "wartet",
        "{waiting} von {need} warten",
        "Karte ersetzen",
    ),
    Language.ES: _words(
        "ya registrada|tarjeta desconocida|etiqueta sin tarjeta|leer otra vez|es de {place}"
        "|bloqueada, retire la tarjeta|retenido, no usar|dada de baja, retire la tarjeta"
        "|impresión antigua, retire la tarjeta|retire la tarjeta|ahora no: la tarjeta está {state}|caja equivocada"
        "|caducada, retire la tarjeta",
        "llena|vacía|liberada|en proceso|en camino",
        "espera",
        "{waiting} de {need} esperan",
        "cambie la tarjeta",
    ),
    Language.FR: _words(
        "déjà enregistrée|carte inconnue|étiquette sans carte|relire|va à {place}"
        "|bloquée, retirez la carte|consignée, ne pas utiliser|annulée, retirez la carte"
        "|ancienne impression, retirez la carte|retirez la carte|pas maintenant : carte {state}|mauvais bac"
        "|expirée, retirez la carte",
        "pleine|vide|lancée|en cours|en route",
        "attend",
        "{waiting} sur {need} attendent",
        "remplacez la carte",
    ),
    Language.JA: _words(
        "登録済み|不明なカード|カード未登録のタグ|もう一度読む|{place} のカード"
        "|使用停止 カードを抜く|品質保留 使用禁止|廃止 カードを抜く"
        "|旧版 カードを抜く|カードを抜く|今は不可: {state}|箱が違う"
        "|期限切れ カードを抜く",
        "満|空|発行済み|加工中|運搬中",
        "待ち",
        "{need} 枚中 {waiting} 枚待ち",
        "カードを交換",
    ),
}
