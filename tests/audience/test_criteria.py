"""The scores of readers: statistics 10 and 12."""

import pytest

from feedsvc.audience.criteria import CRITERIA, FEWEST, Act, Criterion, score, scores

GOOD = {str(each.of): 100 for each in CRITERIA if each.of != Act.FORGOT}


def test_a_reader_that_breaks_no_rule_scores_100() -> None:
    found = score(GOOD)
    assert (found.points, found.breaches) == (100, ())


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda each: each.name)
def test_every_criterion_lowers_the_score_and_names_the_rule(criterion: Criterion) -> None:
    acts: dict[str, int] = {criterion.of: 100, criterion.act: 50}
    found = score(GOOD | acts)
    assert found.points is not None
    assert found.points < 100
    assert (criterion, 0.5) in found.breaches
    assert len(criterion.rule) > 30
    assert criterion.advice.endswith(".")
    assert criterion.source == "convention" or " " in criterion.source


def test_only_applicable_criteria_are_scored() -> None:
    """A reader without conditional requests gets no points for not sending stale tags."""
    acts: dict[str, int] = {
        Act.POLL: 100,
        Act.KNOWN: 100,
        Act.FORGOT: 100,
        Act.UNCONDITIONAL_EARLY: 100,
    }
    found = score(acts)
    assert found.points is not None
    assert found.points < 50
    assert [each.criterion.act for each in found.breaches] == [Act.FORGOT, Act.UNCONDITIONAL_EARLY]


def test_a_reader_with_few_polls_has_no_score() -> None:
    assert score({Act.POLL: FEWEST - 1}).points is None
    assert score({}).points is None
    assert score({Act.POLL: FEWEST}).points == 100


def test_families_are_scored_separately() -> None:
    found = scores({("a", Act.POLL): 40, ("a", Act.COOKIE): 4, ("b", Act.POLL): 1})
    assert found["a"].breaches[0].share == 0.1
    assert found["b"].points is None


def test_every_act_belongs_to_a_criterion() -> None:
    assert {part for each in CRITERIA for part in (each.act, each.of)} == set(Act)
