"""The closed list of findings, each with what it says; the same words in wire, API and pages."""

from collections.abc import Mapping
from types import MappingProxyType

#: Type of a finding → its meaning in one sentence.
FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "withdrawal_missed": "The card moved on, but its drop was never read.",
        "dispatch_missed": "The goods arrived, but their dispatch was never read.",
        "arrival_missed": "The card was dropped again, but the arrival before it was never read.",
        "start_missed": "The box was finished, but its start was never read.",
        "finish_missed": "The box was used or fetched, but its finish was never read.",
        "repeated": "The same scan again after its window, before the step that must come next.",
        "wrong_step": "A scan that this kind of loop does not have.",
        "start_without_order": "Work was started on a card that no order asks for.",
        "made_without_release": "A box was finished before its order was released.",
        "out_of_sequence": "A card was taken before those that come first in the queue.",
        "overproduction": "More was made than the cards ask for.",
        "over_delivery": "More was delivered than was ordered.",
        "under_delivery": "Less was delivered than was ordered.",
        "unknown": "A code that is neither a card nor a known tag.",
        "unbound": "A known tag that is bound to no card.",
        "misread": "A printed code whose check character is wrong.",
        "misplaced": "A card was read at a station that does not serve its loop.",
        "blocked_drop": "A blocked card was read.",
        "held": "A card on quality hold was moved on.",
        "held_goods_used": "Goods on quality hold were used.",
        "retired_seen": "A retired card was read.",
        "surplus_seen": "A card that was taken out of the loop was read.",
        "old_print": "An older print of a card was read after a newer one.",
        "expired": "An express or emergency card was dropped after its expiry.",
        "lost": "A card is taken to be lost.",
        "found_after_replacement": "A lost card was read after another was issued for it.",
        "cloned": "One card was read at two stations within 60 s.",
        "mismatch": "The two cards of an exchange differ in item or quantity.",
        "exchange_incomplete": "One card of a two-card exchange was read without the other.",
        "bin_card_disagree": "The sensor of a bin and its card say different things.",
        "late_entry": "An entry came after entries that are newer than it.",
        "lost_range": "Entries of a journal are lost; the numbers say which.",
        "stuck": "A card is longer in its state than is expected there.",
        "batched_drops": "Cards are dropped in a batch instead of one by one.",
        "impossible_state": "A card is in a state that its kind of loop does not have.",
        "dead_post": "A post has read nothing for longer than the pull makes likely.",
        "count_differs": "The cards counted by hand and those read differ in number.",
        "journal_forked": "Two journals follow the same one: a card went back or was cloned.",
        "quarantined": "An entry could not be read and is kept as it came.",
        "two_servers": "Two servers answer one station.",
        "invariant_broken": "The numbers of cards or orders do not add up.",
        "clock": "A station's time lies ahead of the server's and is not trusted.",
        "order_unfounded": "A started order whose whole cycle turned out not to exist.",
    }
)
