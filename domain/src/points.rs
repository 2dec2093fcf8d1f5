//! Points: exact hundredths, never floating point.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};
use std::str::FromStr;

/// A number of points, exact to the hundredth. In JSON a decimal string such as `"12.5"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Points {
    hundredths: i64,
}

/// Text that is no number of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointsError {
    /// Not digits with an optional sign and one point, or more than the type can hold.
    NotANumber,
    /// More than two decimals: refused, because rounding input would invent or lose points.
    TooManyDecimals,
}

impl Points {
    /// No points.
    pub const ZERO: Self = Self { hundredths: 0 };

    /// Whole points.
    pub const fn whole(points: i32) -> Self {
        Self {
            hundredths: points as i64 * 100,
        }
    }

    /// Points counted in hundredths.
    pub const fn from_hundredths(hundredths: i64) -> Self {
        Self { hundredths }
    }

    /// How many hundredths these are.
    pub const fn hundredths(self) -> i64 {
        self.hundredths
    }

    /// These points `count` times, or `None` where the product does not fit.
    pub const fn times(self, count: u32) -> Option<Self> {
        match self.hundredths.checked_mul(count as i64) {
            Some(hundredths) => Some(Self { hundredths }),
            None => None,
        }
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.hundredths < 0 { "-" } else { "" };
        let (whole, rest) = (
            self.hundredths.unsigned_abs() / 100,
            self.hundredths.unsigned_abs() % 100,
        );
        let text = match rest {
            0 => format!("{sign}{whole}"),
            _ if rest.is_multiple_of(10) => format!("{sign}{whole}.{}", rest / 10),
            _ => format!("{sign}{whole}.{rest:02}"),
        };
        f.pad(&text)
    }
}

impl FromStr for Points {
    type Err = PointsError;

    fn from_str(text: &str) -> Result<Self, PointsError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(decimals) {
            return Err(PointsError::NotANumber);
        }
        if decimals.len() > 2 {
            return Err(PointsError::TooManyDecimals);
        }
        let whole: i64 = whole.parse().map_err(|_| PointsError::NotANumber)?;
        let decimals: i64 = format!("{decimals:0<2}")
            .parse()
            .map_err(|_| PointsError::NotANumber)?;
        let hundredths = whole
            .checked_mul(100)
            .and_then(|h| h.checked_add(decimals))
            .ok_or(PointsError::NotANumber)?;
        Ok(Self {
            hundredths: if negative { -hundredths } else { hundredths },
        })
    }
}

impl fmt::Display for PointsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "not a number of points",
            Self::TooManyDecimals => "points have at most two decimals",
        })
    }
}

impl std::error::Error for PointsError {}

impl Add for Points {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            hundredths: self.hundredths + other.hundredths,
        }
    }
}

impl Sub for Points {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self {
            hundredths: self.hundredths - other.hundredths,
        }
    }
}

impl Neg for Points {
    type Output = Self;
    fn neg(self) -> Self {
        Self {
            hundredths: -self.hundredths,
        }
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        points.fold(Self::ZERO, Add::add)
    }
}

impl serde::Serialize for Points {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Points {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "utoipa")]
impl utoipa::PartialSchema for Points {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "decimal points with at most two decimals, such as \"12.5\"",
            ))
            .build()
            .into()
    }
}

#[cfg(feature = "utoipa")]
impl utoipa::ToSchema for Points {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_written_as_a_person_would() {
        for (text, hundredths) in [
            ("0", 0),
            ("12.5", 1250),
            ("-0.05", -5),
            ("83", 8300),
            ("7.25", 725),
        ] {
            let points: Points = text.parse().unwrap();
            assert_eq!(points.hundredths(), hundredths, "{text}");
            assert_eq!(points.to_string(), text);
        }
    }

    #[test]
    fn a_third_decimal_is_refused_and_never_rounded() {
        assert_eq!("1.005".parse::<Points>(), Err(PointsError::TooManyDecimals));
        for text in [
            "",
            "-",
            ".5",
            "1.",
            "１２",
            "1e3",
            "+1",
            "99999999999999999999",
        ] {
            assert_eq!(
                text.parse::<Points>(),
                Err(PointsError::NotANumber),
                "{text:?}"
            );
        }
    }
}
