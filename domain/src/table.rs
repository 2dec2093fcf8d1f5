//! The cells of a list that an office keeps in a spreadsheet, and what can be read from one:
//! a text, a line, a day, a yes or no. Nothing is guessed. Reading the file is the reader's, and
//! what a column means is said where the list is known ([`crate::roster`]).

use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};

use crate::text::{self, TextError};

/// The years that a day in a list can lie in: the CPPCC was founded in 1949.
const YEARS: RangeInclusive<i32> = 1949..=2100;

/// The years that somebody on a list can be born in.
const BIRTH_YEARS: RangeInclusive<i32> = 1900..=2100;

/// A cell as the reader of the file found it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text, as typed.
    Text(String),
    /// A number, which may stand for digits somebody typed.
    Number(f64),
    /// A truth value of the spreadsheet.
    Bool(bool),
    /// A cell the spreadsheet itself holds for a date.
    Date(NaiveDate),
    /// A formula, whatever value it showed last.
    Formula,
    /// Part of a merged range.
    Merged,
    /// An error value such as `#N/A`.
    Error,
}

/// Why a cell is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongCell {
    /// A stable word for the kind of error.
    pub code: &'static str,
    /// What is wrong and what is expected, for the clerk.
    pub reason: String,
}

impl WrongCell {
    /// A cell that is not taken.
    pub fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }
}

impl From<TextError> for WrongCell {
    fn from(error: TextError) -> Self {
        let code = match error {
            TextError::Empty => "required",
            TextError::TooLong { .. } => "text_too_long",
            TextError::InvalidChar { .. } => "text_invalid_char",
        };
        Self::new(code, error.zh())
    }
}

impl Cell {
    /// Whether there is nothing to read in the cell; text of blanks is nothing.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::Number(_)
            | Self::Bool(_)
            | Self::Date(_)
            | Self::Formula
            | Self::Merged
            | Self::Error => false,
        }
    }

    /// The text of the cell without the blanks around it; none of an empty one.
    ///
    /// # Errors
    /// For what is no text: a number loses digits, a formula changes.
    pub fn text(&self) -> Result<Option<&str>, WrongCell> {
        match self {
            blank if blank.is_blank() => Ok(None),
            Self::Text(typed) => Ok(Some(typed.trim())),
            other => Err(other.no_text()),
        }
    }

    /// A line of at most `max` characters.
    ///
    /// # Errors
    /// For what is no text, too long, or holds characters that nobody types.
    pub fn line(&self, max: usize) -> Result<Option<String>, WrongCell> {
        let typed = self.text()?;
        Ok(typed.map(|typed| text::line(typed, max)).transpose()?)
    }

    /// A day: a date of the spreadsheet, or a text such as `2026-01-31`.
    ///
    /// # Errors
    /// For anything else, and for years in which nothing of ours happened.
    pub fn day(&self) -> Result<Option<NaiveDate>, WrongCell> {
        self.day_within(YEARS)
    }

    /// A day of birth as [`Self::day`] reads any other.
    ///
    /// # Errors
    /// For anything else, and for years in which nobody was born who could be on a list.
    pub fn birthday(&self) -> Result<Option<NaiveDate>, WrongCell> {
        self.day_within(BIRTH_YEARS)
    }

    fn day_within(&self, years: RangeInclusive<i32>) -> Result<Option<NaiveDate>, WrongCell> {
        let wrong_form = || {
            let reason = "日期请写成 2026-01-31 的样子, 或把单元格设为日期格式";
            WrongCell::new("date_format", reason)
        };
        let day = match self {
            Self::Date(day) => *day,
            Self::Number(_) => return Err(wrong_form()),
            _ => match self.text()? {
                Some(typed) => plain_day(typed).ok_or_else(wrong_form)?,
                None => return Ok(None),
            },
        };
        if years.contains(&day.year()) {
            Ok(Some(day))
        } else {
            let reason = format!("{} 年不在可填的年份之内", day.year());
            Err(WrongCell::new("date_out_of_range", reason))
        }
    }

    /// 是 or 否.
    ///
    /// # Errors
    /// For anything else.
    pub fn yes_or_no(&self) -> Result<Option<bool>, WrongCell> {
        match self.text()? {
            None => Ok(None),
            Some("是") => Ok(Some(true)),
            Some("否") => Ok(Some(false)),
            Some(_) => Err(WrongCell::new("yes_or_no", "只能填“是”或“否”")),
        }
    }

    fn no_text(&self) -> WrongCell {
        let (code, reason) = match self {
            Self::Empty | Self::Text(_) => ("required", "请填写文字"),
            Self::Number(_) => (
                "number_not_text",
                "单元格存的是数字, 请设为文本格式后重新填写",
            ),
            Self::Date(_) => (
                "date_not_text",
                "单元格存的是日期, 请设为文本格式后重新填写",
            ),
            Self::Bool(_) => (
                "boolean_cell",
                "单元格存的是逻辑值(TRUE 或 FALSE), 请改填文字",
            ),
            Self::Formula => ("formula_cell", "单元格是公式, 请粘贴为数值后再导入"),
            Self::Merged => ("merged_cell", "单元格已合并, 请取消合并并逐行填写"),
            Self::Error => ("error_cell", "单元格是错误值(如 #N/A), 请改正后再导入"),
        };
        WrongCell::new(code, reason)
    }
}

/// Whether a row holds nothing at all, as the rows below the last entry of a sheet do.
pub fn is_blank(cells: &[Cell]) -> bool {
    cells.iter().all(Cell::is_blank)
}

/// A heading without the blanks around it and the `*` that marks required columns in a template;
/// none of a blank cell.
///
/// # Errors
/// For a cell that is no text.
pub fn heading(cell: &Cell) -> Result<Option<String>, WrongCell> {
    Ok(cell.text()?.map(|text| {
        let text = text::half_width(text);
        text.trim().trim_end_matches('*').trim_end().to_owned()
    }))
}

/// The start of a text that may be anything, fit to be shown in a message.
pub fn shown(text: &str) -> String {
    text.trim()
        .chars()
        .filter(|char| !char.is_control())
        .take(30)
        .collect()
}

/// A date written `YYYY-MM-DD`, in half-width or full-width digits. Chrono's own reading would
/// also take `2026-1-5` and signs.
fn plain_day(typed: &str) -> Option<NaiveDate> {
    let typed = text::half_width(typed);
    let &[_, _, _, _, b'-', _, _, b'-', _, _] = typed.as_bytes() else {
        return None;
    };
    let all_digits = typed
        .split('-')
        .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if all_digits { typed.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_read_as_what_was_typed_or_not_at_all() {
        let text = |text: &str| Cell::Text(text.to_owned());
        assert_eq!(text(" 提案 ").line(5), Ok(Some("提案".to_owned())));
        assert_eq!(
            text("提案提案提案").line(5).unwrap_err().code,
            "text_too_long"
        );
        assert_eq!(Cell::Empty.day(), Ok(None));
        let day = NaiveDate::from_ymd_opt(2026, 1, 31);
        assert_eq!(text("２０２６-０１-３１").day(), Ok(day));
        for (cell, code) in [
            (text("2026-1-31"), "date_format"),
            (text("1026-01-31"), "date_out_of_range"),
            (Cell::Number(46_000.0), "date_format"),
            (Cell::Merged, "merged_cell"),
            (Cell::Formula, "formula_cell"),
        ] {
            assert_eq!(cell.day().unwrap_err().code, code, "{cell:?}");
        }
        assert_eq!(text("否").yes_or_no(), Ok(Some(false)));
        assert!(text("可能").yes_or_no().is_err());
    }

    #[test]
    fn a_heading_may_be_decorated() {
        assert_eq!(
            heading(&Cell::Text("\u{3000}标题＊ ".to_owned())),
            Ok(Some("标题".to_owned()))
        );
        assert_eq!(heading(&Cell::Empty), Ok(None));
        assert!(heading(&Cell::Merged).is_err());
    }

    #[test]
    fn a_row_of_blanks_is_blank() {
        assert!(is_blank(&[]));
        assert!(is_blank(&[
            Cell::Empty,
            Cell::Text("\u{3000} \n".to_owned())
        ]));
        assert!(!is_blank(&[Cell::Empty, Cell::Merged]));
    }
}
