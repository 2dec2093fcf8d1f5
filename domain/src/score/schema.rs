//! The published description of rulebook files, by which editors complete and underline them.
//!
//! It is assembled from the schemas of the types, so it cannot fall behind them. What a schema
//! cannot say — names that must exist, circles, order — is left to
//! [`Rulebook::check`](super::Rulebook::check).

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::check::suggest::named;
use super::choices::titled;
use super::condition::Within;
use super::rulebook::Rulebook;
use super::vocabulary::Vocabulary;

/// JSON Schema, draft 2020-12, of a rulebook in a TOML file.
pub fn rulebook_schema() -> Value {
    let mut schemas: Vec<(String, RefOr<Schema>)> = Vec::new();
    Rulebook::schemas(&mut schemas);
    // A condition holds conditions, so its parts are not followed from it.
    Within::schemas(&mut schemas);
    schemas.push((Within::name().into_owned(), Within::schema()));
    let mut definitions: Map<String, Value> = schemas
        .into_iter()
        .map(|(name, schema)| (name, of_a_file(schema)))
        .collect();
    // These have readers of their own.
    definitions.remove("Value");
    for (name, definition) in [
        ("Amount", amount()),
        ("Attributes", attributes()),
        ("Bounds", bounds()),
        ("Pattern", pattern()),
        ("Test", test()),
        ("Tests", tests()),
    ] {
        definitions.insert(name.to_owned(), definition);
    }
    definitions.values_mut().for_each(name_choices);
    definitions.sort_keys();

    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:xingdong:rulebook:v1",
        "title": "履职考核细则 (rulebook)",
    });
    let fields = schema.as_object_mut().expect("written as an object above");
    if let Value::Object(book) = of_a_file(Rulebook::schema()) {
        fields.extend(book);
    }
    fields.insert("$defs".to_owned(), Value::Object(definitions));
    schema
}

/// The schema of a value as a file has it: it has no null, and definitions stand in one document.
fn of_a_file(schema: RefOr<Schema>) -> Value {
    let mut value = serde_json::to_value(schema).expect("a schema is JSON");
    rewrite(&mut value);
    value
}

fn rewrite(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(rewrite),
        Value::Object(fields) => {
            without_null(fields);
            fields.values_mut().for_each(rewrite);
            if let Some(Value::String(reference)) = fields.get_mut("$ref") {
                let name = reference.trim_start_matches("#/components/schemas/");
                *reference = format!("#/$defs/{}", name.trim_start_matches("#/$defs/"));
            }
            name_map(fields);
        }
        _ => {}
    }
}

/// Maps of tests and of attributes have a definition of their own.
fn name_map(fields: &mut Map<String, Value>) {
    let Some(Value::Object(values)) = fields.get("additionalProperties") else {
        return;
    };
    let name = match values.get("$ref").and_then(Value::as_str) {
        Some("#/$defs/Test") => "#/$defs/Tests",
        Some(_) => return,
        None => "#/$defs/Attributes",
    };
    fields.retain(|field, _| field == "description" || field == "default");
    fields.insert("$ref".to_owned(), name.into());
}

fn without_null(fields: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|one| one != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            fields.insert("type".to_owned(), one);
        }
    }
    for name in ["oneOf", "anyOf"] {
        let Some(Value::Array(choices)) = fields.get_mut(name) else {
            continue;
        };
        choices.retain(|one| one["type"] != "null");
        if let [Value::Object(one)] = choices.as_slice() {
            let one = one.clone();
            fields.remove(name);
            // The description of the field stands before that of its type.
            for (key, value) in one {
                fields.entry(key).or_insert(value);
            }
        }
    }
}

/// Says what each word of a list of choices means.
fn name_choices(definition: &mut Value) {
    let Some(words) = definition["enum"].as_array() else {
        return;
    };
    let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
    let names: Vec<String> = titled(&words)
        .into_iter()
        .map(|(word, title)| named(word, title))
        .collect();
    let names = names.join("、");
    definition["description"] = names.into();
}

fn amount() -> Value {
    json!({
        "description": "A number such as 5 or 12.5 with at most four decimals, or in quotes, where \
                        it can also be a fraction such as \"2/3\".",
        "anyOf": [
            { "type": "number", "minimum": -1_000_000, "maximum": 1_000_000 },
            { "type": "string", "pattern": "^-?[0-9]{1,7}([.][0-9]{1,4}|/[0-9]{1,5})?$" },
        ],
    })
}

fn bounds() -> Value {
    json!({
        "description": "Bounds of a number; each states whether the bound itself is inside.",
        "type": "object",
        "minProperties": 1,
        "properties": {
            "at_least": { "description": "This or more: 「以上（含）」.", "$ref": "#/$defs/Amount" },
            "above": { "description": "More than this: 「超过」.", "$ref": "#/$defs/Amount" },
            "at_most": { "description": "This or less: 「以下（含）」.", "$ref": "#/$defs/Amount" },
            "below": { "description": "Less than this: 「不足」.", "$ref": "#/$defs/Amount" },
        },
        "additionalProperties": false,
    })
}

fn test() -> Value {
    let words = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "description": "What must hold of one attribute: a word, one of several words, none of \
                        them, yes or no, or bounds of a number.",
        "anyOf": [
            { "type": "string" },
            words,
            { "type": "boolean" },
            {
                "type": "object",
                "properties": {
                    "not": {
                        "description": "Has none of these words.",
                        "anyOf": [{ "type": "string" }, words],
                    },
                },
                "required": ["not"],
                "additionalProperties": false,
            },
            { "$ref": "#/$defs/Bounds" },
        ],
    })
}

fn tests() -> Value {
    json!({
        "description": "What must all hold, by the name of an attribute.",
        "type": "object",
        "additionalProperties": { "$ref": "#/$defs/Test" },
    })
}

fn attributes() -> Value {
    json!({
        "description": "What a fact has, by the name of an attribute.",
        "type": "object",
        "additionalProperties": {
            "anyOf": [
                { "type": "boolean" },
                { "type": "number" },
                { "type": "string" },
                { "type": "array", "items": { "type": "string" } },
            ],
        },
    })
}

/// The kinds are named for completion only: a rulebook may add its own.
fn pattern() -> Value {
    let vocabulary = Vocabulary::usual();
    let kinds: Vec<&str> = vocabulary.kinds().map(|kind| kind.key.as_str()).collect();
    let titles: Vec<String> = vocabulary
        .kinds()
        .map(|kind| format!("{} {}", kind.key, kind.title))
        .collect();
    json!({
        "description": "Facts of one kind that pass every test.",
        "type": "object",
        "properties": {
            "kind": {
                "description": format!("The kind: {}.", titles.join(", ")),
                "anyOf": [{ "enum": kinds }, { "type": "string" }],
            },
            "of": {
                "description": "Whose facts, in a rule for groups; the group's own unless told.",
                "$ref": "#/$defs/Of",
            },
        },
        "required": ["kind"],
        "additionalProperties": { "$ref": "#/$defs/Test" },
    })
}
