"""The price of covariates whose weights come from the same data: the analysis of covariance, by statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm

from ecops.errors import DataError
from ecops.experiments import Design, cuped, power
from ecops.experiments.statistics.samples import moments_of


def arms(users, count, seed):
    rng = np.random.default_rng(seed)
    names = [f"x{at}" for at in range(count)]
    found = []
    for _ in range(2):
        past = rng.normal(0, 1, (count, users))
        found.append(
            {"y": 10 + 0.5 * past.sum(axis=0) + rng.normal(0, 1, users), **dict(zip(names, past, strict=True))}
        )
    return found, names


@pytest.mark.parametrize("count", [1, 5])
def test_covariates_cost_what_regression_says(count):
    (a, b), names = arms(30, count, 4 + count)
    effect = cuped(moments_of(a), moments_of(b), "y", names)
    design = np.column_stack([
        np.ones(60), np.repeat([0.0, 1.0], 30), *(np.concatenate([a[name], b[name]]) for name in names)
    ])  # fmt: skip
    fitted = sm.OLS(np.concatenate([a["y"], b["y"]]), design).fit()
    assert effect.difference == pytest.approx(fitted.params[1], rel=1e-9)
    assert effect.error == pytest.approx(fitted.bse[1], rel=1e-9)
    assert effect.df == pytest.approx(fitted.df_resid, rel=0.03)
    turned = cuped(moments_of(b), moments_of(a), "y", names)
    assert turned.df == pytest.approx(effect.df, rel=1e-9)


def test_more_covariates_than_users_are_refused():
    (a, b), names = arms(4, 7, 1)
    with pytest.raises(DataError):
        cuped(moments_of(a), moments_of(b), "y", names)


def test_a_plan_knows_that_larger_figures_vary_more():
    users = 40_000
    same, grown = Design(3.6, 900.0), Design(3.6, 900.0, growth=2.0)
    assert power(grown, users, 0.2) < power(same, users, 0.2)
    # As if both arms varied by the mean of the two variances.
    middle = Design(3.6, 900.0 * (1 + 1.2**2) / 2)
    assert power(grown, users, 0.2) == pytest.approx(power(middle, users, 0.2), rel=1e-9)
