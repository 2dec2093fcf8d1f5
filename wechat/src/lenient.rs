//! Reading what WeChat writes in more than one way: numbers as strings, empty texts for absent
//! ones.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An integer, or one written as a string.
pub fn int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    as_int(&value).ok_or_else(|| serde::de::Error::custom("no integer"))
}

/// Like [`int`]; absent, null, empty or unreadable is none.
pub fn opt_int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(as_int(&Value::deserialize(deserializer)?))
}

/// A text, or a number where a text was promised; absent, null or blank is none.
pub fn opt_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// The integer in a value, be it a number or a string.
pub fn as_int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
