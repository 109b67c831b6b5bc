"""How fast letters go to one host, and how those that wait stay out of the way of others."""

from dataclasses import dataclass, field

import pytest

from channel.notices.pace import CLOSED_MS, LONGEST_PAUSE_MS, MINUTE_MS, MOST_HOSTS, Due, Pace, host_of, sort

NOW = 1_800_000_000_000


@dataclass
class Hall:
    """A queue in memory that is looked through every two seconds, as the postman does, some milliseconds late."""

    pace: Pace
    now: int = NOW
    waiting: dict[str, tuple[int, bool]] = field(default_factory=dict)
    gone: list[tuple[int, str]] = field(default_factory=list)
    looks: int = 0

    def add(self, *names: str) -> None:
        self.waiting |= dict.fromkeys(names, (self.now, False))

    def look(self) -> None:
        while due := sorted((at, name) for name, (at, _) in self.waiting.items() if at <= self.now):
            self.looks += 1
            held = [Due((name, ""), name, self.waiting[name][1], False) for _, name in due[:100]]
            done = sort(held, self.pace, self.now, 8)
            for name, _ in done.first:
                del self.waiting[name]
                self.gone.append((self.now, name))
            for (name, _), at in done.turns.items():
                assert at > self.now
                self.waiting[name] = (at, True)
        self.now += 2_000 + self.looks % 37

    def busiest_minute(self) -> int:
        moments = [at for at, _ in self.gone]
        return max(sum(start <= at < start + MINUTE_MS for at in moments) for start in moments)


@pytest.mark.parametrize("per_minute", [1, 5, 19, 20, 60, 300, 3_000])
def test_no_minute_has_more_than_it_may_have_and_none_much_less(per_minute: int) -> None:
    hall, many = Hall(Pace(per_minute)), min(per_minute * 5, 1_500)
    hall.add(*(f"{number:05}@big.example" for number in range(many)))
    while hall.waiting:
        hall.look()
    assert hall.busiest_minute() <= per_minute
    assert hall.now - NOW <= (many / per_minute + 1) * MINUTE_MS * 1.25
    assert len({name for _, name in hall.gone}) == len(hall.gone) == many


def test_they_go_in_the_order_in_which_they_came_and_later_ones_stand_behind() -> None:
    hall = Hall(Pace(60))
    hall.add(*(f"a{number:03}@big.example" for number in range(200)))
    hall.look()
    hall.add(*(f"b{number:03}@big.example" for number in range(50)))
    while hall.waiting:
        hall.look()
    names = [name for _, name in hall.gone]
    assert names == sorted(names)


def test_those_of_another_host_go_at_once_however_many_stand_before_them() -> None:
    hall = Hall(Pace(60))
    hall.add(*(f"{number:05}@big.example" for number in range(2_000)))
    hall.add("z@small.example")
    hall.look()
    assert (NOW, "z@small.example") in hall.gone
    assert hall.looks < 40
    before = hall.looks
    while hall.waiting:
        hall.look()
    assert hall.looks - before < 3 * 2_000, "each waits for its own turn and is not looked at again and again"


def test_a_host_that_asks_for_less_rests_ever_longer_until_it_takes_letters_again() -> None:
    pace, now, rests = Pace(), NOW, []
    for _ in range(9):
        until = pace.slow("big.example", now)
        rests.append((until - now) // MINUTE_MS)
        assert pace.slow("big.example", now + 1) == until, "of letters that were on their way"
        assert pace.paused_until("big.example", until - 1)
        assert not pace.paused_until("big.example", until)
        assert not pace.paused_until("small.example", now)
        now = until + 1
    assert rests == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    now += LONGEST_PAUSE_MS
    assert pace.slow("big.example", now) == now + LONGEST_PAUSE_MS, "in all that time it has taken none"
    now += 2 * LONGEST_PAUSE_MS
    pace.took("big.example")
    assert pace.slow("big.example", now) == now + MINUTE_MS
    pace.took("big.example")
    now += MINUTE_MS + 1
    assert pace.slow("big.example", now) == now + 2 * MINUTE_MS, "it took one, and soon had enough again"


def test_those_of_a_host_that_rests_keep_their_order_and_those_too_old_are_given_up() -> None:
    pace = Pace()
    pace.slow("big.example", NOW - CLOSED_MS - 1)
    until = pace.slow("big.example", NOW)
    given = [
        Due(("a", ""), "a@big.example", False, False),
        Due(("b", ""), "b@big.example", False, True),
        Due(("c", ""), "c@small.example", False, True),
        Due(("d", ""), "", False, False),
    ]
    done = sort(given, pace, NOW, 8)
    assert done.turns == {("a", ""): until}
    assert done.over == [("b", "")]
    assert done.first == [("c", ""), ("d", "")], "who has no address any more is looked at by whoever judges"


def test_one_that_is_old_because_it_waited_is_not_given_up_for_a_short_pause() -> None:
    pace = Pace(60)
    until = pace.slow("big.example", NOW)
    done = sort([Due(("a", ""), "a@big.example", True, True)], pace, NOW, 8)
    assert (done.over, done.turns) == ([], {("a", ""): until})


def test_with_no_bound_and_nobody_resting_nobody_is_asked_after() -> None:
    pace = Pace()
    assert not pace.binds(NOW)
    until = pace.slow("big.example", NOW)
    assert pace.binds(until - 1)
    assert pace.binds(until), "until it has taken a letter"
    pace.took("big.example")
    assert not pace.binds(until)
    assert Pace(1).binds(NOW)


def test_hosts_that_nobody_waits_for_are_forgotten() -> None:
    pace = Pace(60)
    for number in range(MOST_HOSTS + 500):
        pace.goes(f"host{number}.example", NOW + number * 1_000)
    assert len(pace._hosts) <= MOST_HOSTS


def test_a_host_is_the_same_in_capitals() -> None:
    assert host_of("Anna@BIG.example") == "big.example"
    assert host_of("") == ""
