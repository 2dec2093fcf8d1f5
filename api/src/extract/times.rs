//! Days and instants in requests and answers.

/// The stable word for an instant that does not say in which zone it is.
pub(super) const ZONE_REQUIRED: &str = "timezone_required";

/// Instants as clients see them: RFC 3339 with Shanghai's offset; a time without a zone is refused.
pub mod instant {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the instant with `+08:00`.
    pub fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(*at))
    }

    /// Reads an instant with any offset.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<DateTime<Utc>, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let at = DateTime::parse_from_rfc3339(&text).map_err(|_| {
            let has_no_zone = ["Z", ":00Z"]
                .iter()
                .any(|rest| DateTime::parse_from_rfc3339(&format!("{text}{rest}")).is_ok());
            serde::de::Error::custom(if has_no_zone {
                super::ZONE_REQUIRED
            } else {
                "no instant"
            })
        })?;
        // Milliseconds are what is stored; years beyond four digits are nobody's activity.
        let at = DateTime::from_timestamp_millis(at.timestamp_millis());
        at.filter(|at| (2000..2200).contains(&chrono::Datelike::year(at)))
            .ok_or_else(|| serde::de::Error::custom("out of range"))
    }

    /// The instant as text.
    pub fn text(at: DateTime<Utc>) -> String {
        domain::time::local(at).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false)
    }

    /// The same for what may be absent.
    pub mod option {
        use super::{DateTime, Deserializer, Serializer, Utc};
        use serde::Deserialize;

        /// Writes the instant with `+08:00`, or null.
        pub fn serialize<S: Serializer>(
            at: &Option<DateTime<Utc>>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match at {
                Some(at) => super::serialize(at, serializer),
                None => serializer.serialize_none(),
            }
        }

        /// Reads an instant or null.
        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<DateTime<Utc>>, D::Error> {
            #[derive(Deserialize)]
            struct Instant(#[serde(with = "super")] DateTime<Utc>);
            Ok(Option::<Instant>::deserialize(deserializer)?.map(|instant| instant.0))
        }
    }
}

/// Days as clients write them: four digits of the year, two of the month, two of the day. chrono
/// alone reads years of six digits, in which nobody does anything and time arithmetic ends.
pub mod day {
    use chrono::{Datelike, NaiveDate};
    use serde::{Deserialize, Deserializer};

    /// Reads a day.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        parse(&text).ok_or_else(|| serde::de::Error::custom("no day"))
    }

    /// A day as it stands alone; none where the text is no day.
    pub fn parse(text: &str) -> Option<NaiveDate> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|day| text.len() == 10 && (1900..2200).contains(&day.year()))
    }

    /// The same for what may be absent.
    pub mod option {
        use super::{Deserialize, Deserializer, NaiveDate};

        /// Reads a day or null.
        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<NaiveDate>, D::Error> {
            #[derive(Deserialize)]
            struct Day(#[serde(deserialize_with = "super::deserialize")] NaiveDate);
            Ok(Option::<Day>::deserialize(deserializer)?.map(|day| day.0))
        }
    }
}
