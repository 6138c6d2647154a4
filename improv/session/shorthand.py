"""Requests in short, between the player and its model: all but the last note is sent beforehand.

A request for companions is waited for, and most of it is the context: 89 notes take 0.4 ms to be
written and as long to be read. The model has been sent those to be prepared (`Primer`), so the
request itself says which of those, and the note that came since.

Rule: one end of a pipe shortens, the other makes whole again, and both go by what passed through
it. A model that has been started anew has been sent nothing yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from improv.session.messages import NameChord, Primer, Request


@dataclass(frozen=True, slots=True)
class Numbered:
    """A primer, with the number it is known by."""

    number: int
    primer: Primer


@dataclass(frozen=True, slots=True)
class Short:
    """A request without the notes of a primer, which come before its own."""

    primer: int
    request: Request


Sent = Numbered | Short | Request | NameChord


class Shortening:
    """The player's end."""

    def __init__(self) -> None:
        self._sent: dict[int, Numbered] = {}  # the last, by voice

    def shortened(self, asked: Request | Primer | NameChord) -> Sent:
        """What to send of it."""
        match asked:
            case Primer():
                return self._primer(asked)
            case Request():
                return self._request(asked)
        return asked

    def _primer(self, primer: Primer) -> Numbered:
        before = self._sent.get(primer.voice)
        numbered = Numbered(before.number + 1 if before else 0, primer)
        self._sent[primer.voice] = numbered
        return numbered

    def _request(self, request: Request) -> Request | Short:
        sent = self._sent.get(request.voice)
        if sent is None or not request.context:
            return request
        same = request.context[:-1] == sent.primer.context and request.before == sent.primer.before
        if not same:
            return request
        return Short(sent.number, replace(request, context=request.context[-1:], before=()))


class Lengthening:
    """The model's end."""

    def __init__(self) -> None:
        self._sent: dict[int, Numbered] = {}

    def whole(self, item: Sent) -> Primer | Request | NameChord | None:
        """What was meant; None where it goes by notes that were lost on the way."""
        match item:
            case Numbered(primer=primer):
                self._sent[primer.voice] = item
                return primer
            case Short(number, request):
                sent = self._sent.get(request.voice)
                if sent is None or sent.number != number:
                    return None
                context = (*sent.primer.context, *request.context)
                return replace(request, context=context, before=sent.primer.before)
        return item
