//! Reading the cells of one row by kind, gathering what is wrong with them on the way.

use chrono::NaiveDate;

use super::{
    CellError, Header,
    columns::{Column, Field},
};
use crate::{
    people::Position,
    table::{Cell, WrongCell},
    text::{self, NameError, Phone, PhoneError},
};

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
            text::line(typed, max).map_err(|error| wrong(field, error.into()))
        })
    }

    pub(super) fn paragraph(&mut self, field: Field, max: usize) -> Option<String> {
        self.text(field, |typed| {
            text::paragraph(typed, max).map_err(|error| wrong(field, error.into()))
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
        let value = self.cell(field).yes_or_no();
        self.note(value.map_err(|error| wrong(field, error)))
            .flatten()
    }

    pub(super) fn date(&mut self, field: Field) -> Option<NaiveDate> {
        let value = self.cell(field).day();
        self.note(value.map_err(|error| wrong(field, error)))
            .flatten()
    }

    pub(super) fn birthday(&mut self, field: Field) -> Option<NaiveDate> {
        let value = self.cell(field).birthday();
        self.note(value.map_err(|error| wrong(field, error)))
            .flatten()
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
        let value = match self.cell(field).text() {
            Ok(None) => {
                let &Column {
                    header, required, ..
                } = field.column();
                if !required {
                    return None;
                }
                Err(field.error("required", format!("{header}必须填写")))
            }
            Ok(Some(typed)) => read(typed),
            Err(error) => Err(wrong(field, error)),
        };
        self.note(value)
    }

    fn note<T>(&mut self, value: Result<T, CellError>) -> Option<T> {
        value.map_err(|error| self.errors.push(error)).ok()
    }
}

fn wrong(field: Field, error: WrongCell) -> CellError {
    field.error(error.code, error.reason)
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
