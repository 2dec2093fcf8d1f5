//! One row of a list as the file gives it: texts, a day, names, attributes in the words of the
//! vocabulary, or reasons a clerk can act on. Whom a name means is decided in [`super::decide`].

use chrono::NaiveDate;
use domain::score::{Attribute, Attributes, Holds, Value};
use domain::table::{Cell, WrongCell};
use domain::text;

use super::columns::{Column, Field, Header};
use crate::spreadsheet::Issue;

/// What stands between names and words in one cell.
const BETWEEN: [char; 8] = ['、', ',', '，', ';', '；', '/', '\n', '\r'];

/// A row without errors.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub number: Option<String>,
    pub document: Option<String>,
    pub title: String,
    pub day: NaiveDate,
    pub first: String,
    pub signers: Vec<String>,
    pub content: String,
    /// The kind and number of what became this.
    pub from: Option<(String, String)>,
    pub attributes: Attributes,
}

/// Reads one row. All that is wrong with it is reported at once.
pub(super) fn read(
    columns: &[Column],
    header: &Header,
    cells: &[Cell],
) -> Result<Read, Vec<Issue>> {
    let mut row = Row {
        columns,
        header,
        cells,
        errors: Vec::new(),
    };
    let number = row.value(&Field::Number, |cell| cell.line(50));
    let document = row.value(&Field::Document, |cell| cell.line(200));
    let title = row.value(&Field::Title, |cell| cell.line(100));
    let day = row.value(&Field::Day, Cell::day);
    let first = row.value(&Field::First, |cell| cell.line(100));
    let signers = row.value(&Field::Signers, |cell| Ok(cell.text()?.map(parts)));
    let content = row.value(&Field::Content, |cell| {
        let typed = cell.text()?;
        Ok(typed
            .map(|typed| text::paragraph(typed, 5000))
            .transpose()?)
    });
    let mut from = None;
    let mut attributes = Attributes::new();
    for column in columns {
        match &column.field {
            Field::From(kind) => {
                let number = row.value(&column.field, |cell| cell.line(50));
                from = from.or(number.map(|number| (kind.clone(), number)));
            }
            Field::Attribute(attribute) => {
                let value = row.value(&column.field, |cell| value(attribute, cell));
                attributes.extend(value.map(|value| (attribute.key.clone(), value)));
            }
            _ => {}
        }
    }
    row.stray_cells();
    match (title, day, first) {
        (Some(title), Some(day), Some(first)) if row.errors.is_empty() => Ok(Read {
            number,
            document,
            title,
            day,
            first,
            signers: signers.unwrap_or_default(),
            content: content.unwrap_or_default(),
            from,
            attributes,
        }),
        _ => Err(row.errors),
    }
}

/// The text under a heading, for showing the row whatever else is wrong with it.
pub(super) fn peek(columns: &[Column], header: &Header, cells: &[Cell], field: &Field) -> String {
    let at = columns.iter().position(|column| column.field == *field);
    match at.map(|at| header.cell(at, cells)) {
        Some(Cell::Text(text)) => text.trim().chars().take(100).collect(),
        _ => String::new(),
    }
}

struct Row<'a> {
    columns: &'a [Column],
    header: &'a Header,
    cells: &'a [Cell],
    errors: Vec<Issue>,
}

impl Row<'_> {
    /// What `read` makes of the cell of a column; what is wrong is remembered.
    fn value<T>(
        &mut self,
        field: &Field,
        read: impl FnOnce(&Cell) -> Result<Option<T>, WrongCell>,
    ) -> Option<T> {
        let at = self
            .columns
            .iter()
            .position(|column| column.field == *field)?;
        let column = &self.columns[at];
        let heading = &column.heading;
        match read(self.header.cell(at, self.cells)) {
            Ok(None) if column.required => {
                let message = format!("{heading}必须填写");
                self.errors.push(Issue::new(heading, "required", message));
                None
            }
            Ok(value) => value,
            Err(wrong) => {
                self.errors
                    .push(Issue::new(heading, wrong.code, wrong.reason));
                None
            }
        }
    }

    fn stray_cells(&mut self) {
        for (index, cell) in self.cells.iter().enumerate() {
            if !self.header.covers(index) && !cell.is_blank() {
                let message = format!("第 {} 列有内容但没有表头", index + 1);
                self.errors.push(Issue::new("", "no_heading", message));
            }
        }
    }
}

/// The names or words in a cell. What stands in brackets belongs together: 县（市、区）级.
fn parts(typed: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let parts = typed.split(|char| {
        match char {
            '（' | '(' => depth += 1,
            '）' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && BETWEEN.contains(&char)
    });
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// What a cell tells of an attribute.
fn value(attribute: &Attribute, cell: &Cell) -> Result<Option<Value>, WrongCell> {
    let word = |typed: &str| {
        let mut words = attribute.words.iter();
        let known = words.find(|word| word.title == typed || word.key == typed);
        known.map(|word| word.key.clone()).ok_or_else(|| {
            let titles: Vec<&str> = attribute
                .words
                .iter()
                .map(|word| word.title.as_str())
                .collect();
            let shown = domain::table::shown(typed);
            let reason = format!("没有“{shown}”这个词，可填：{}", titles.join("、"));
            WrongCell::new("unknown_word", reason)
        })
    };
    match attribute.holds {
        Holds::Word => Ok(cell.text()?.map(word).transpose()?.map(Value::Word)),
        Holds::Words => {
            let Some(typed) = cell.text()? else {
                return Ok(None);
            };
            let words = parts(typed);
            let words = words.iter().map(|typed| word(typed));
            let words = words.collect::<Result<Vec<String>, WrongCell>>()?;
            Ok((!words.is_empty()).then_some(Value::Words(words)))
        }
        Holds::Flag => Ok(cell.yes_or_no()?.map(Value::Flag)),
        Holds::Text => Ok(cell.line(200)?.map(Value::Word)),
        Holds::Number => number(cell),
    }
}

/// A number of at most two decimals, whether the cell holds it as one or as text.
fn number(cell: &Cell) -> Result<Option<Value>, WrongCell> {
    let text = match cell {
        // The shortest text that reads back as the same number is the one that was typed.
        Cell::Number(number) => Some(number.to_string()),
        _ => cell.text()?.map(text::half_width),
    };
    let Some(text) = text else {
        return Ok(None);
    };
    if let Ok(whole) = text.parse::<i64>() {
        return Ok(Some(Value::Integer(whole)));
    }
    let decimals = text
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    let value = Value::Word(text);
    if value.number().is_some() && (1..=2).contains(&decimals) {
        return Ok(Some(value));
    }
    Err(WrongCell::new("invalid_number", "应是数字，最多两位小数"))
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn what_stands_in_brackets_belongs_together() {
        assert_eq!(
            parts("县（市、区）级、市级； 省级"),
            ["县（市、区）级", "市级", "省级"]
        );
        assert_eq!(
            parts("张三（第一、二组）,李四"),
            ["张三（第一、二组）", "李四"]
        );
        assert!(parts("、").is_empty());
    }
}
