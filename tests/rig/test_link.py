"""Two peers of an Ableton Link session in two processes, and improv among them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rig.playing import Playing, setup
from rig.support import wait_for

from improv.play.clock import monotonic
from improv.play.params import Params
from improv.ports.linked import Peer
from improv.session.messages import Action, Phase, SetParam, Transport
from improv.session.terminal import PlayerProcess

pytest.importorskip("aalink", reason="Ableton Link is not installed (improv-midi[link])")
pytestmark = pytest.mark.xdist_group("link")  # all peers of a machine are in one session


@pytest.fixture
def peer() -> Iterator[Peer]:
    """One in this process, of 96 bpm when it comes first."""
    made = Peer(96.0, 4)
    yield made
    made.close()


def test_improv_goes_with_a_link_session(rig: object, peer: Peer) -> None:
    """Its phase is theirs, tempo, start and stop go both ways, and it plays on without them."""
    player = PlayerProcess(setup(params=Params(sync="link", tempo=120.0)))
    player.start()
    playing = Playing(player)
    try:
        phases = in_session(playing, peer)
    finally:
        playing.end()
    print(f"\nfrom a Link peer's bar to improv's: {', '.join(f'{1e3 * x:.3f}' for x in phases)} ms")
    assert max(map(abs, phases)) < 0.010


def in_session(playing: Playing, peer: Peer) -> list[float]:
    """Seconds between the bars of the two, at each of three tempos."""
    wait_for(playing.ready, seconds=30.0, word="the model")
    try:
        wait_for(lambda: peer.session(4).peers >= 1, seconds=5.0, word="improv in the session")
    except AssertionError:
        pytest.skip("no multicast on this machine: Link's peers can't find each other")

    def word(word: str, bpm: float) -> bool:
        sync = playing.state().sync
        return sync.word == word and abs(sync.timeline.bpm - bpm) < 0.01

    peer.turn(96.0)  # others of this network may have come with theirs
    wait_for(lambda: word("link", 96.0), seconds=10.0, word="its tempo")
    phases = [apart(playing, peer)]
    playing.player.send(SetParam(1, "tempo", 132.0))
    wait_for(lambda: abs(peer.session(4).timeline.bpm - 132.0) < 0.01, word="improv's tempo")
    wait_for(lambda: word("link", 132.0), word="the same")
    phases.append(apart(playing, peer))
    peer.turn(80.0)
    wait_for(lambda: word("link", 80.0), word="another tempo")
    phases.append(apart(playing, peer))
    for action, plays in ((Action.PLAY, True), (Action.PAUSE, False), (Action.PLAY, True)):
        playing.player.send(Transport(action))
        wait_for(lambda plays=plays: peer.session(4).plays is plays, word=f"{action} there")
    peer.play(plays=False)
    wait_for(lambda: playing.state().phase is Phase.PAUSED, word="their stop")
    peer.play(plays=True)
    wait_for(lambda: playing.state().phase is Phase.PLAYING, word="their start")
    peer.close()
    wait_for(lambda: word("lost", 80.0), seconds=8.0, word="going on alone")
    return phases


def apart(playing: Playing, peer: Peer) -> float:
    """Seconds between the bar lines of the two."""
    now = monotonic()
    ours, theirs = playing.state().sync.timeline, peer.session(4).timeline
    beats = (ours.beat_at(now) - theirs.beat_at(now) + 2.0) % 4.0 - 2.0
    return beats * 60.0 / theirs.bpm
