//! A member's line in the office's roster file: from the cells a reader found to a member's data,
//! or to reasons a clerk can act on. Nothing is guessed. Reading the file is the reader's, and
//! whether a group or sector exists is the importer's, who knows the committee.

mod cells;
mod columns;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::NaiveDate;

pub use columns::{COLUMNS, Column, Header, HeaderError, header};

use crate::{people::Position, table::Cell, text::Phone};
use cells::Fields;
use columns::Field;

/// One member as the roster file gives him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterRow {
    /// 姓名, canonical.
    pub name: String,
    /// 手机号.
    pub phone: Phone,
    /// 界别, by name.
    pub sector: String,
    /// 活动组, by name.
    pub group: String,
    /// 职务; a plain member where the cell is empty.
    pub position: Position,
    /// 召集人 of the group; not one where the cell is empty.
    pub convener: bool,
    /// 专委会 the member belongs to, by name.
    pub special_committee: Option<String>,
    /// 工作单位.
    pub employer: Option<String>,
    /// 加入日期; the first day of the term where the cell is empty.
    pub joined_on: Option<NaiveDate>,
    /// 出生日期.
    pub born_on: Option<NaiveDate>,
    /// 备注.
    pub remark: Option<String>,
}

/// Why a cell is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellError {
    /// The heading of the column; empty for a cell that has none.
    pub column: &'static str,
    /// A stable word for the kind of error.
    pub code: &'static str,
    /// What is wrong and what is expected, for the clerk. It holds no phone number.
    pub reason: String,
}

/// Reads one row. All that is wrong with it is reported at once, in the order of [`COLUMNS`].
pub fn row(header: &Header, cells: &[Cell]) -> Result<RosterRow, Vec<CellError>> {
    let mut fields = Fields::new(header, cells);
    let name = fields.name(Field::Name);
    let phone = fields.phone(Field::Phone);
    let sector = fields.line(Field::Sector, 50);
    let group = fields.line(Field::Group, 50);
    let position = fields.position(Field::Position);
    let convener = fields.yes_or_no(Field::Convener);
    let special_committee = fields.line(Field::SpecialCommittee, 50);
    let employer = fields.line(Field::Employer, 100);
    let joined_on = fields.date(Field::JoinedOn);
    let born_on = fields.birthday(Field::BornOn);
    let remark = fields.paragraph(Field::Remark, 500);
    let errors = fields.into_errors();

    match (name, phone, sector, group) {
        (Some(name), Some(phone), Some(sector), Some(group)) if errors.is_empty() => {
            Ok(RosterRow {
                name,
                phone,
                sector,
                group,
                position: position.unwrap_or(Position::Member),
                convener: convener.unwrap_or(false),
                special_committee,
                employer,
                joined_on,
                born_on,
                remark,
            })
        }
        _ => Err(errors),
    }
}

/// The rows whose phone another row above them has, each naming the first with that phone. Rows
/// are given, and named, by the number the clerk sees. One name on two rows is no error.
pub fn duplicates(rows: &[(usize, RosterRow)]) -> Vec<(usize, CellError)> {
    let mut first_rows = HashMap::with_capacity(rows.len());
    let mut errors = Vec::new();
    for (number, row) in rows {
        let first = *first_rows.entry(&row.phone).or_insert(*number);
        if first != *number {
            let reason = format!("手机号 {} 与第 {first} 行重复", row.phone.masked());
            errors.push((*number, Field::Phone.error("phone_duplicate", reason)));
        }
    }
    errors
}
