//! Exact amounts: what lies between the facts and the rounded total.
//!
//! A joint proposal of 12.5 points shared by three is three times 25/6, and three of these are
//! 12.5 again. Rounding is left to the rulebook and happens once, when an amount becomes
//! [`Points`].

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul, Neg, Sub};
use std::str::FromStr;

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedMul};

use crate::points::Points;

/// Numbers beyond this are a slip of the keyboard, and sums of smaller ones stay exact.
const HIGHEST: i128 = 1_000_000;
/// The finest part a rulebook or a fact can name.
const FINEST: i128 = 10_000;
/// Where exact parts no longer fit, millionths remain: see [`Amount`].
const COARSE: i128 = 1_000_000;
/// No sum is larger, not even of what was written to be too large.
const MOST: i128 = 1_000_000_000_000;

/// An exact number.
///
/// In text a decimal such as `12.5` with at most four decimals, or a fraction such as `2/3`.
/// Arithmetic is exact as long as numerator and denominator fit 128 bits, which no published rule
/// comes near; beyond that millionths are kept rather than failing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount(Ratio<i128>);

/// Text that is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnAmount;

words! {
    /// Which way what does not fit is rounded.
    RoundingMode {
        HalfUp = "half_up" "四舍五入";
        Down = "down" "舍去";
        Up = "up" "进一";
    }
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(Ratio::new_raw(0, 1));
    /// One.
    pub const ONE: Self = Self(Ratio::new_raw(1, 1));

    /// A whole number.
    pub const fn whole(number: i64) -> Self {
        Self(Ratio::new_raw(number as i128, 1))
    }

    /// So many of so many; of nothing, nothing.
    pub fn fraction(part: i64, of: i64) -> Self {
        if of == 0 {
            return Self::ZERO;
        }
        Self(Ratio::new(i128::from(part), i128::from(of)))
    }

    /// Whether it is below nothing.
    pub fn is_negative(self) -> bool {
        self < Self::ZERO
    }

    /// How much it is, whether more or less than nothing.
    #[must_use]
    pub fn size(self) -> Self {
        if self.is_negative() { -self } else { self }
    }

    /// Divided by `count`; by zero, nothing.
    #[must_use]
    pub fn shared_by(self, count: u32) -> Self {
        self * Self::fraction(1, i64::from(count))
    }

    /// One divided by it; of nothing, nothing.
    #[must_use]
    pub fn inverse(self) -> Self {
        if self == Self::ZERO {
            return self;
        }
        Self(self.0.recip())
    }

    /// The nearest multiple of `step` that the mode asks for; halves go away from zero, `down`
    /// is toward zero and `up` away from it. A step of zero leaves the amount as it is.
    #[must_use]
    pub fn rounded(self, step: Self, mode: RoundingMode) -> Self {
        if step == Self::ZERO {
            return self;
        }
        let steps = self.0 / step.0;
        let steps = match mode {
            RoundingMode::HalfUp => steps.round(),
            RoundingMode::Down => steps.trunc(),
            RoundingMode::Up if steps < Ratio::new_raw(0, 1) => steps.floor(),
            RoundingMode::Up => steps.ceil(),
        };
        Self(steps * step.0)
    }

    /// As points, half up at the hundredth: for showing, never for adding up.
    pub fn to_points(self) -> Points {
        let hundredths = self.rounded(Self::fraction(1, 100), RoundingMode::HalfUp).0 * 100;
        let fits = i64::try_from(hundredths.to_integer());
        Points::from_hundredths(fits.unwrap_or(if self.is_negative() {
            i64::MIN
        } else {
            i64::MAX
        }))
    }

    /// The largest whole number that is not above it, from 0 on.
    pub fn floor(self) -> u64 {
        u64::try_from(self.0.floor().to_integer()).unwrap_or(0)
    }

    /// Both numbers where both are whole: nearly all are, and they need no common denominator.
    fn whole_with(self, other: Self) -> Option<(i128, i128)> {
        let whole = (*self.0.denom(), *other.0.denom()) == (1, 1);
        whole.then(|| (*self.0.numer(), *other.0.numer()))
    }

    /// In millionths, for what no longer fits.
    fn coarse(self) -> Ratio<i128> {
        let (numer, denom) = (*self.0.numer(), *self.0.denom());
        let (whole, rest) = (numer.div_euclid(denom), numer.rem_euclid(denom));
        let (rest, denom) = if denom >> 90 == 0 {
            (rest, denom)
        } else {
            (rest >> 40, denom >> 40)
        };
        let whole = whole.clamp(-MOST, MOST);
        Ratio::new(whole * COARSE + rest * COARSE / denom, COARSE)
    }
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let exact = match self.whole_with(other) {
            Some((left, right)) => left.checked_add(right).map(Ratio::from_integer),
            None => self.0.checked_add(&other.0),
        };
        Self(exact.unwrap_or_else(|| self.coarse() + other.coarse()))
    }
}

impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Amount {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let exact = match self.whole_with(other) {
            Some((left, right)) => left.checked_mul(right).map(Ratio::from_integer),
            None => self.0.checked_mul(&other.0),
        };
        Self(exact.unwrap_or_else(|| {
            let product = self.coarse().checked_mul(&other.coarse());
            product.unwrap_or_else(|| Ratio::from_integer(MOST))
        }))
    }
}

impl Neg for Amount {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl From<Points> for Amount {
    fn from(points: Points) -> Self {
        Self::fraction(points.hundredths(), 100)
    }
}

/// As a person writes it: a decimal where four decimals hold it, otherwise a fraction; `{:#}`
/// says of a fraction also about how much it is.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (numer, denom) = (*self.0.numer(), *self.0.denom());
        if FINEST % denom != 0 {
            let about = self.to_points();
            return if f.alternate() {
                write!(f, "{numer}/{denom}（约 {about}）")
            } else {
                f.pad(&format!("{numer}/{denom}"))
            };
        }
        let parts = numer.unsigned_abs() * (FINEST / denom).unsigned_abs();
        let (whole, rest) = (parts / FINEST.unsigned_abs(), parts % FINEST.unsigned_abs());
        let sign = if numer < 0 { "-" } else { "" };
        let text = format!("{sign}{whole}.{rest:04}");
        f.pad(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl fmt::Display for NotAnAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected a number up to 1000000 with at most four decimals, or a fraction such as 2/3 \
             with at most 10000 below the line",
        )
    }
}

impl std::error::Error for NotAnAmount {}

impl FromStr for Amount {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let whole = |digits: &str| -> Result<i128, NotAnAmount> {
            let plain =
                (1..=7).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            plain
                .then(|| digits.parse().ok())
                .flatten()
                .ok_or(NotAnAmount)
        };
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let amount = if let Some((numer, denom)) = digits.split_once('/') {
            let denom = whole(denom)?;
            if !(1..=FINEST).contains(&denom) {
                return Err(NotAnAmount);
            }
            Ratio::new(whole(numer)?, denom)
        } else if let Some((integer, decimals)) = digits.split_once('.') {
            if !(1..=4).contains(&decimals.len()) {
                return Err(NotAnAmount);
            }
            let parts = whole(&format!("{decimals:0<4}"))?;
            Ratio::new(whole(integer)? * FINEST + parts, FINEST)
        } else {
            Ratio::from_integer(whole(digits)?)
        };
        if Ratio::from_integer(HIGHEST) < amount {
            return Err(NotAnAmount);
        }
        Ok(Self(if negative { -amount } else { amount }))
    }
}

impl serde::Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl serde::de::Visitor<'_> for Reader {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number such as 5, 12.5 or \"2/3\"")
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Amount, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Amount, E> {
        self.visit_str(&number.to_string())
    }

    // The shortest decimal that reads back as the same number is the one that was written, for
    // every number short enough to be accepted here: nothing is computed in floating point.
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Amount, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Amount, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    #[test]
    fn an_amount_is_written_as_it_is_read() {
        for text in [
            "0", "5", "-2", "12.5", "-0.05", "6.25", "0.0001", "2/3", "-1/7", "1000000",
        ] {
            assert_eq!(amount(text).to_string(), text);
        }
        assert_eq!(amount("1/2").to_string(), "0.5");
        for text in [
            "", "-", ".5", "5.", "1e3", "+1", "１２", "1.00001", "1/0", "1/10001", "1000001",
            "--1", "1/-2",
        ] {
            assert_eq!(text.parse::<Amount>(), Err(NotAnAmount), "{text}");
        }
    }

    #[test]
    fn numbers_of_a_file_are_read_as_they_stand() {
        let read = |json: &str| serde_json::from_str::<Amount>(json).ok();
        assert_eq!(read("5"), Some(amount("5")));
        assert_eq!(read("-3"), Some(amount("-3")));
        assert_eq!(read("0.1"), Some(amount("0.1")));
        assert_eq!(read("12.3456"), Some(amount("12.3456")));
        assert_eq!(read("\"2/3\""), Some(amount("2/3")));
        assert_eq!(read("0.12345"), None);
        assert_eq!(read("true"), None);
    }

    #[test]
    fn a_third_of_twelve_and_a_half_adds_back_to_it() {
        let third = amount("12.5").shared_by(3);
        assert_eq!(third.to_string(), "25/6");
        assert_eq!(format!("{third:#} 分"), "25/6（约 4.17） 分");
        assert_eq!(format!("{:#}", third + third), "25/3（约 8.33）");
        assert_eq!(format!("{:#}", amount("12.5")), "12.5");
        assert_eq!(third + third + third, amount("12.5"));
        assert_eq!(third.to_points().to_string(), "4.17");
    }

    #[test]
    fn each_mode_rounds_its_own_way() {
        use RoundingMode::{Down, HalfUp, Up};
        for (text, step, mode, expected) in [
            ("79.5", "1", HalfUp, "80"),
            ("79.4999", "1", HalfUp, "79"),
            ("79.5", "1", Down, "79"),
            ("79.0001", "1", Up, "80"),
            ("-0.5", "1", HalfUp, "-1"),
            ("-0.5", "1", Down, "0"),
            ("-0.1", "1", Up, "-1"),
            ("1/3", "0.01", HalfUp, "0.33"),
            ("1/3", "0.01", Up, "0.34"),
            ("12.3", "0.5", Down, "12"),
            ("1/3", "0", Down, "1/3"),
        ] {
            let rounded = amount(text).rounded(amount(step), mode);
            assert_eq!(rounded, amount(expected), "{text} to {step} {mode}");
        }
    }

    #[test]
    fn what_no_longer_fits_keeps_its_millionths() {
        let primes = [
            9973, 9967, 9949, 9941, 9931, 9929, 9923, 9907, 9901, 9887, 9883,
        ];
        let sum: Amount = primes
            .map(|prime| Amount::fraction(1, prime))
            .into_iter()
            .sum();
        let near = Amount::fraction(1108, 1_000_000);
        let off = sum - near;
        assert!(
            -Amount::fraction(1, 50_000) < off && off < Amount::fraction(1, 50_000),
            "{sum}"
        );
    }

    proptest! {
        #[test]
        fn shares_add_up_to_what_is_shared(hundredths in -1_000_000_i64..1_000_000, count in 1_u32..60) {
            let whole = Amount::fraction(hundredths, 100);
            let shares: Amount = (0..count).map(|_| whole.shared_by(count)).sum();
            prop_assert_eq!(shares, whole);
        }
    }
}
