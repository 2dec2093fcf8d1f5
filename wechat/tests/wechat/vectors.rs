//! The files of `tests/vectors`; each names where it comes from.

use serde_json::Value;

/// Reads a file of vectors.
pub fn vectors(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The entries of a list in a file of vectors.
pub fn entries(file: &Value, list: &str) -> Vec<Value> {
    let entries = file[list].as_array().cloned().unwrap_or_default();
    assert!(!entries.is_empty(), "{list} holds nothing to test");
    entries
}

/// A text in a vector.
pub fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} is no text in {vector}"))
}

/// Sixteen characters as sixteen bytes.
pub fn random16(vector: &Value) -> [u8; 16] {
    text(vector, "random")
        .as_bytes()
        .try_into()
        .expect("vectors give 16 characters")
}
