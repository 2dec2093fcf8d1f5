//! Reading the cells of one row by kind, gathering what is wrong with them on the way.

use chrono::{Datelike, NaiveDate};

use super::{
    Cell, CellError, Header,
    columns::{Column, Field},
};
use crate::{
    people::Position,
    text::{self, NameError, Phone, PhoneError, TextError},
};

/// The years a member can have joined in: the CPPCC was founded in 1949.
const JOINED_YEARS: std::ops::RangeInclusive<i32> = 1949..=2100;

/// One row being read. Each method answers nothing where the cell is empty or wrong; what is wrong
/// is remembered.
pub(super) struct Fields<'a> {
    header: &'a Header,
    cells: &'a [Cell],
    errors: Vec<CellError>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(header: &'a Header, cells: &'a [Cell]) -> Self {
        Self {
            header,
            cells,
            errors: Vec::new(),
        }
    }

    /// All that was wrong, with the cells that stand under no heading at the end.
    pub(super) fn into_errors(mut self) -> Vec<CellError> {
        for (index, cell) in self.cells.iter().enumerate() {
            if !self.header.covers(index) && !cell.is_blank() {
                let reason = format!("第 {} 列有内容但没有表头", index + 1);
                self.errors.push(CellError {
                    column: "",
                    code: "no_heading",
                    reason,
                });
            }
        }
        self.errors
    }

    pub(super) fn name(&mut self, field: Field) -> Option<String> {
        self.text(field, |typed| {
            text::name(typed).map_err(|error| {
                let code = match error {
                    NameError::Empty => "required",
                    NameError::TooLong { .. } => "name_too_long",
                    NameError::InvalidChar { .. } => "name_invalid_char",
                };
                field.error(code, error.zh())
            })
        })
    }

    pub(super) fn line(&mut self, field: Field, max: usize) -> Option<String> {
        self.text(field, |typed| {
            text::line(typed, max).map_err(|error| text_error(field, error))
        })
    }

    pub(super) fn paragraph(&mut self, field: Field, max: usize) -> Option<String> {
        self.text(field, |typed| {
            text::paragraph(typed, max).map_err(|error| text_error(field, error))
        })
    }

    pub(super) fn phone(&mut self, field: Field) -> Option<Phone> {
        if let &Cell::Number(number) = self.cell(field) {
            let phone = eleven_digits(number)
                .ok_or_else(|| phone_number_format(field))
                .and_then(|digits| phone(field, &digits));
            return self.note(phone);
        }
        self.text(field, |typed| {
            if looks_computed(typed) {
                Err(phone_number_format(field))
            } else {
                phone(field, typed)
            }
        })
    }

    pub(super) fn position(&mut self, field: Field) -> Option<Position> {
        self.text(field, |typed| {
            let position = Position::ALL
                .iter()
                .copied()
                .find(|position| position.zh() == typed);
            position.ok_or_else(|| {
                field.error("position_unknown", "职务只能填委员、常委或主席会议成员")
            })
        })
    }

    pub(super) fn yes_or_no(&mut self, field: Field) -> Option<bool> {
        self.text(field, |typed| match typed {
            "是" => Ok(true),
            "否" => Ok(false),
            _ => Err(field.error("yes_or_no", "只能填“是”或“否”")),
        })
    }

    pub(super) fn date(&mut self, field: Field) -> Option<NaiveDate> {
        let wrong_form = || {
            field.error(
                "date_format",
                "日期请写成 2026-01-31 的样子, 或把单元格设为日期格式",
            )
        };
        let date = match self.cell(field) {
            &Cell::Date(date) => Some(date),
            Cell::Number(_) => self.note(Err(wrong_form())),
            _ => self.text(field, |typed| plain_date(typed).ok_or_else(wrong_form)),
        }?;
        let in_range = if JOINED_YEARS.contains(&date.year()) {
            Ok(date)
        } else {
            let reason = format!("{} 年不在可填的年份之内", date.year());
            Err(field.error("date_out_of_range", reason))
        };
        self.note(in_range)
    }

    fn cell(&self, field: Field) -> &'a Cell {
        self.header.cell(field, self.cells)
    }

    /// What `read` makes of a text cell, which it gets without the blanks around it.
    fn text<T>(
        &mut self,
        field: Field,
        read: impl FnOnce(&str) -> Result<T, CellError>,
    ) -> Option<T> {
        let value = match self.cell(field) {
            blank if blank.is_blank() => {
                let &Column {
                    header, required, ..
                } = field.column();
                if !required {
                    return None;
                }
                Err(field.error("required", format!("{header}必须填写")))
            }
            Cell::Text(typed) => read(typed.trim()),
            other => Err(no_text(field, other)),
        };
        self.note(value)
    }

    fn note<T>(&mut self, value: Result<T, CellError>) -> Option<T> {
        value.map_err(|error| self.errors.push(error)).ok()
    }
}

fn no_text(field: Field, cell: &Cell) -> CellError {
    let (code, reason) = match cell {
        Cell::Empty | Cell::Text(_) => ("required", "请填写文字"),
        Cell::Number(_) => (
            "number_not_text",
            "单元格存的是数字, 请设为文本格式后重新填写",
        ),
        Cell::Date(_) => (
            "date_not_text",
            "单元格存的是日期, 请设为文本格式后重新填写",
        ),
        Cell::Bool(_) => (
            "boolean_cell",
            "单元格存的是逻辑值(TRUE 或 FALSE), 请改填文字",
        ),
        Cell::Formula => ("formula_cell", "单元格是公式, 请粘贴为数值后再导入"),
        Cell::Merged => ("merged_cell", "单元格已合并, 请取消合并并逐行填写"),
        Cell::Error => ("error_cell", "单元格是错误值(如 #N/A), 请改正后再导入"),
    };
    field.error(code, reason)
}

fn text_error(field: Field, error: TextError) -> CellError {
    let code = match error {
        TextError::Empty => "required",
        TextError::TooLong { .. } => "text_too_long",
        TextError::InvalidChar { .. } => "text_invalid_char",
    };
    field.error(code, error.zh())
}

fn phone(field: Field, typed: &str) -> Result<Phone, CellError> {
    Phone::parse(typed).map_err(|error| {
        let code = match error {
            PhoneError::Empty => "required",
            PhoneError::InvalidChar { .. } => "phone_invalid_char",
            PhoneError::WrongLength { .. } => "phone_length",
            PhoneError::NotMobile => "phone_not_mobile",
        };
        field.error(code, error.zh())
    })
}

fn phone_number_format(field: Field) -> CellError {
    let reason = "手机号被表格存成了数字, 且不是完整的 11 位(可能丢了末几位或开头的 0), \
                  请设为文本格式后重新填写";
    field.error("phone_number_format", reason)
}

/// The digits of a number that is an integer of exactly eleven of them.
fn eleven_digits(number: f64) -> Option<String> {
    let exact = number.fract() == 0.0 && (1e10..1e11).contains(&number);
    exact.then(|| format!("{number:.0}"))
}

/// Whether a text is a number as a spreadsheet or a csv export writes it (`1.38E+10`), in which
/// the last digits may already be lost.
fn looks_computed(typed: &str) -> bool {
    let has_mark = typed.contains(['.', 'e', 'E']);
    has_mark && typed.parse::<f64>().is_ok_and(f64::is_finite)
}

/// A date written `YYYY-MM-DD`, in half-width or full-width digits. Chrono's own reading would
/// also take `2026-1-5` and signs.
fn plain_date(typed: &str) -> Option<NaiveDate> {
    let typed = text::half_width(typed);
    let &[_, _, _, _, b'-', _, _, b'-', _, _] = typed.as_bytes() else {
        return None;
    };
    let all_digits = typed
        .split('-')
        .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if all_digits { typed.parse().ok() } else { None }
}
