"""Whose lead it is already: sticky owners and named accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from functools import lru_cache
from typing import Literal

from attrs import field, frozen

from leadroute.model.rep import Rep
from leadroute.model.territory import domains_of
from leadroute.ranking.scorers.parameters import choice
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.scorer import Points, Scorer


def _away(given: Literal["anyone", "team", "manager"]) -> str:
    return choice(given, "anyone", "team", "manager")


@frozen
class _Sticky(Scorer):
    """What both scorers share: who owns the lead, and who stands in."""

    reads = frozenset[str]()
    away: str = field(default="anyone", converter=_away)

    def _owns(self, context: RoutingContext) -> Callable[[Rep], bool]:
        raise TypeError(
            f"{type(self).__name__} does not say who owns a lead; define _owns(situation)"
        )

    def bind(self, context: RoutingContext) -> Points:
        """Find the owners once. O(members of the pool) a lead, O(1) a rep."""
        owns = self._owns(context)
        if any(map(owns, context.reps)):
            return lambda rep: float(owns(rep))
        stand_ins = self._stand_ins(context)
        if not any(rep.id in stand_ins for rep in context.reps):
            return lambda rep: None
        return lambda rep: float(rep.id in stand_ins)

    def _owners(self, context: RoutingContext) -> Set[str] | None:
        """The ids of the lead's owners, here or not; ``None`` when nobody can own it."""
        raise TypeError(
            f"{type(self).__name__} does not say who owns a lead; define _owners(situation)"
        )

    def column(self, context: RoutingContext) -> list[float | None]:
        """Find the owners once. O(reps), and O(pool) when they are away and have stand-ins."""
        owners, ids = self._owners(context), context.ids
        if owners is None:
            return [None] * len(ids)
        theirs: Set[str] = owners
        if owners.isdisjoint(ids):
            theirs = self._stand_ins(context)
            if theirs.isdisjoint(ids):
                return [None] * len(ids)
        return [1.0 if rep_id in theirs else 0.0 for rep_id in ids]

    def owns(self, context: RoutingContext, rep: Rep) -> bool:
        """Whether the lead is theirs."""
        return self._owns(context)(rep)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Who owns the lead, and whether they are here."""
        owns = self._owns(context)
        if owns(rep):
            return "the lead is theirs"
        present = [other.label for other in context.reps if owns(other)]
        if present:
            return f"the lead belongs to {', '.join(present)}"
        absent = [other.label for other in context.absent if owns(other)]
        if not absent:
            return "the owner of the lead is not in the pool"
        stands_in = rep.id in self._stand_ins(context)
        role = f"; stands in as {self.away}" if stands_in else ""
        return f"the lead belongs to {', '.join(absent)}, who cannot take it{role}"

    def _stand_ins(self, context: RoutingContext) -> frozenset[str]:
        if self.away == "anyone":
            return frozenset()
        owns = self._owns(context)
        absent = [rep for rep in context.absent if owns(rep)]
        if self.away == "manager":
            return frozenset(rep.manager_id for rep in absent if rep.manager_id is not None)
        teams = frozenset(team for rep in absent for team in rep.teams)
        return frozenset(rep.id for rep in context.reps if not teams.isdisjoint(rep.teams))


@frozen
class owner(_Sticky):
    """A preference for the rep who owns the lead's account or contact.

    Formula: 1 for the rep in ``lead.owner_id``, 0 for the others. When the owner cannot take the lead, their stand-in
    gets 1. No answer when the lead has no owner, or the owner is away without a stand-in.

    Args:
        away: The stand-ins of an owner who is away: ``"anyone"``, ``"team"`` or ``"manager"``.

    Raises:
        ConfigError: ``away`` is another word.

    Example:
        >>> str(10 * owner("team"))
        "10 * owner('team')"
    """

    def _owns(self, context: RoutingContext) -> Callable[[Rep], bool]:
        owner_id = context.lead.owner_id
        return lambda rep: rep.id == owner_id

    def _owners(self, context: RoutingContext) -> frozenset[str] | None:
        owner_id = context.lead.owner_id
        return None if owner_id is None else frozenset((owner_id,))


@frozen
class named_account(_Sticky):
    """A preference for the rep with the lead's company as an account.

    Formula: 1 when ``lead.account_id``, ``lead.domain`` or ``lead.company`` is among
    ``rep.accounts``, 0 for the others. Without a domain, that of the e-mail address counts; upper
    and lower case are the same, and an account ``example.com`` holds ``eu.example.com``. When no
    such rep can take the lead, their stand-in gets 1. No answer when no rep has the account, or its
    owners are away without a stand-in.

    Args:
        away: The stand-ins of an owner who is away: ``"anyone"``, ``"team"`` or ``"manager"``.

    Raises:
        ConfigError: ``away`` is another word.

    Example:
        >>> str(named_account())
        'named_account()'
    """

    def _owns(self, context: RoutingContext) -> Callable[[Rep], bool]:
        lead = context.lead
        named = frozenset(filter(None, (lead.account_id, lead.domain, lead.company)))
        domains = frozenset(domains_of(lead))
        return lambda rep: (
            not named.isdisjoint(rep.accounts)
            or not domains.isdisjoint(_in_lower_case(rep.accounts))
        )

    def _owners(self, context: RoutingContext) -> Set[str] | None:
        lead = context.lead
        named = [*filter(None, (lead.account_id, lead.domain, lead.company))]
        domains = domains_of(lead)
        if not named and not domains:
            return None
        register = next(iter(context.column(named_account, _Register().add)), None)
        return frozenset() if register is None else register.owners(named, domains)


class _Register:
    """Whose account each is, over a team."""

    __slots__ = ("_accounts", "_domains")

    def __init__(self) -> None:
        self._accounts: dict[str, set[str]] = {}
        self._domains: dict[str, set[str]] = {}

    def add(self, rep: Rep) -> _Register:
        """Take up the accounts of a rep."""
        for account in rep.accounts:
            self._accounts.setdefault(account, set()).add(rep.id)
            self._domains.setdefault(account.lower(), set()).add(rep.id)
        return self

    def owners(self, named: Iterable[str], domains: Iterable[str]) -> Set[str]:
        """The ids of those who have one of these."""
        found = [self._accounts[name] for name in named if name in self._accounts]
        found += [self._domains[name] for name in domains if name in self._domains]
        return frozenset().union(*found)


@lru_cache(maxsize=4_096)
def _in_lower_case(accounts: frozenset[str]) -> frozenset[str]:
    return frozenset(map(str.lower, accounts))
