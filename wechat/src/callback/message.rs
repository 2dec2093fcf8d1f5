//! A pushed body as named fields, be it XML or JSON.
//!
//! The parser knows no document types and no entities but the five of XML itself, so there is
//! nothing to expand and nothing to fetch.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use serde_json::Value;

/// How deep elements or objects may lie in each other. WeChat needs four.
const DEPTH_LIMIT: usize = 12;

/// Why a body is not what WeChat writes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Not UTF-8, or neither XML nor JSON.
    #[error("the body is neither XML nor JSON")]
    Format,
    /// A document type, and with it entities, has no place here.
    #[error("a document type is forbidden")]
    DocumentType,
    /// An entity that XML itself does not know.
    #[error("an entity is forbidden")]
    Entity,
    /// Nested too deep.
    #[error("the body is nested more than {DEPTH_LIMIT} deep")]
    Depth,
    /// A field that every push has.
    #[error("the body lacks {0}")]
    Missing(&'static str),
}

/// How a body is written: a setting of the account's console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// XML.
    Xml,
    /// JSON.
    Json,
}

impl Format {
    /// What a body of this format is announced as.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "application/xml; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// A value of a body.
#[derive(Clone, PartialEq, Eq)]
enum Node {
    Text(String),
    Fields(Fields),
}

/// The fields of a body or of a part of it, in their order; names may repeat.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, Node)>);

impl std::fmt::Debug for Fields {
    /// Names only: values are people's words and openids.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Fields {
    /// Reads a body; its first character tells XML from JSON.
    pub(crate) fn parse(body: &[u8]) -> Result<(Self, Format), ParseError> {
        let text = std::str::from_utf8(body).map_err(|_| ParseError::Format)?;
        let text = text.trim_start_matches('\u{feff}').trim();
        match text.as_bytes().first() {
            Some(b'{') => Ok((from_json(text)?, Format::Json)),
            Some(b'<') => Ok((from_xml(text)?, Format::Xml)),
            _ => Err(ParseError::Format),
        }
    }

    /// The text of the first field of this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|(field, node)| match node {
            Node::Text(text) if field == name => Some(text.as_str()),
            _ => None,
        })
    }

    /// Like [`Fields::text`], and an empty text is none.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// The number of this name, also one written as a text.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    /// The fields below this name.
    pub fn part(&self, name: &str) -> Option<&Self> {
        self.parts(name).next()
    }

    /// Every group of fields of this name: one object, an array of them, or repeated elements.
    pub fn parts<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Self> {
        self.0.iter().filter_map(move |(field, node)| match node {
            Node::Fields(fields) if field == name => Some(fields),
            _ => None,
        })
    }

    fn push(&mut self, name: &str, value: Value, depth: usize) -> Result<(), ParseError> {
        if DEPTH_LIMIT < depth {
            return Err(ParseError::Depth);
        }
        let node = match value {
            Value::Array(items) => {
                return items
                    .into_iter()
                    .try_for_each(|item| self.push(name, item, depth + 1));
            }
            Value::Object(object) => {
                let mut fields = Self::default();
                for (name, value) in object {
                    fields.push(&name, value, depth + 1)?;
                }
                Node::Fields(fields)
            }
            Value::String(text) => Node::Text(text),
            Value::Number(number) => Node::Text(number.to_string()),
            Value::Bool(yes) => Node::Text(yes.to_string()),
            Value::Null => return Ok(()),
        };
        self.0.push((name.to_owned(), node));
        Ok(())
    }
}

fn from_json(text: &str) -> Result<Fields, ParseError> {
    let value = serde_json::from_str(text).map_err(|_| ParseError::Format)?;
    let mut outer = Fields::default();
    outer.push("", value, 0)?;
    match outer.0.pop() {
        Some((_, Node::Fields(fields))) => Ok(fields),
        _ => Err(ParseError::Format),
    }
}

/// An element that is not closed yet.
struct Open {
    name: String,
    text: String,
    fields: Fields,
}

impl Open {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: String::new(),
            fields: Fields::default(),
        }
    }

    fn close(self) -> (String, Node) {
        let node = if self.fields.0.is_empty() {
            Node::Text(self.text)
        } else {
            Node::Fields(self.fields)
        };
        (self.name, node)
    }
}

fn from_xml(text: &str) -> Result<Fields, ParseError> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().map_err(|_| ParseError::Format)? {
            Event::Start(start) => {
                if root.is_some() {
                    return Err(ParseError::Format);
                }
                if open.len() == DEPTH_LIMIT {
                    return Err(ParseError::Depth);
                }
                open.push(Open::new(start.name().as_ref()));
            }
            Event::Empty(empty) => {
                let parent = open.last_mut().ok_or(ParseError::Format)?;
                parent
                    .fields
                    .0
                    .push(Open::new(empty.name().as_ref()).close());
            }
            Event::End(_) => {
                let closed = open.pop().ok_or(ParseError::Format)?.close();
                match open.last_mut() {
                    Some(parent) => parent.fields.0.push(closed),
                    None => root = Some(closed.1),
                }
            }
            Event::Text(text) => append(&mut open, &text.into_inner())?,
            Event::CData(text) => append(&mut open, &text.into_inner())?,
            Event::GeneralRef(reference) => append(&mut open, &resolve(&reference)?)?,
            Event::DocType(_) => return Err(ParseError::DocumentType),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    match root {
        Some(Node::Fields(fields)) if open.is_empty() => Ok(fields),
        _ => Err(ParseError::Format),
    }
}

fn append(open: &mut [Open], text: &str) -> Result<(), ParseError> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(ParseError::Format),
    }
    Ok(())
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, ParseError> {
    if let Some(character) = reference
        .resolve_char_ref()
        .map_err(|_| ParseError::Entity)?
    {
        return Ok(character.to_string());
    }
    resolve_predefined_entity(reference)
        .map(str::to_owned)
        .ok_or(ParseError::Entity)
}
