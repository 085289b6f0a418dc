"""Methods of other tools that ecops refuses, written out plainly so that their results can stand beside ours."""

import math

from scipy import optimize, stats


def linear_delta(control, treatment, difference=None, difference_variance=None, covariance=None):
    """Relative lift with the variance of a first-order Taylor expansion: (lift, variance).

    Symmetric on the lift scale, so its verdict can contradict the absolute one.
    """
    (ma, va), (mb, vb) = control, treatment
    d = mb - ma if difference is None else difference
    vd = va + vb if difference_variance is None else difference_variance
    c = -va if covariance is None else covariance
    return d / ma, vd / ma**2 - 2 * d * c / ma**3 + d**2 * va / ma**4


def welch_df(va, na, vb, nb):
    """Satterthwaite's degrees of freedom from two variances of means."""
    return (va + vb) ** 2 / (va**2 / (na - 1) + vb**2 / (nb - 1))


def interval(estimate, variance, critical):
    return estimate - critical * math.sqrt(variance), estimate + critical * math.sqrt(variance)


def log_delta(control, treatment, users, alpha=0.05):
    """Interval of the lift that is symmetric on the log scale of the ratio."""
    (ma, va), (mb, vb) = control, treatment
    a, b = va / ma**2, vb / mb**2
    reach = stats.t.isf(alpha / 2, welch_df(a, users[0], b, users[1])) * math.sqrt(a + b)
    return mb / ma * math.exp(-reach) - 1, mb / ma * math.exp(reach) - 1


def delta_minimum_effect(mean, variance, per_arm, critical, power=0.8):
    """Smallest lift found when the test is the linear-delta one, whose variance grows with the lift itself."""
    reach = critical + stats.norm.ppf(power)

    def missing(lift):
        return lift - reach * math.sqrt(variance / per_arm / mean**2 * (1 + (1 + lift) ** 2))

    return optimize.brentq(missing, 1e-9, 100)


def corrected_z(control, treatment, pooled=True):
    """Two-sided p-value of the z test with Yates' continuity correction."""
    (na, xa), (nb, xb) = control, treatment
    pa, pb, p = xa / na, xb / nb, (xa + xb) / (na + nb)
    variance = p * (1 - p) * (1 / na + 1 / nb) if pooled else pa * (1 - pa) / na + pb * (1 - pb) / nb
    distance = max(0.0, abs(pb - pa) - (1 / na + 1 / nb) / 2)
    return 2 * stats.norm.sf(distance / math.sqrt(variance))
