//! The first sheet of an xlsx file as cells.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};
use chrono::NaiveDate;
use domain::table::Cell;

use super::package::{Marks, Package, within};
use super::{GUIDE, MAX_COLUMNS, Table, too_large, unreadable};
use crate::error::{ApiError, Result};

/// How many cells with content are kept, a multiple of what the widest roster needs.
const CELLS_LIMIT: usize = 400_000;
/// How many bytes of text are kept: one shared string can stand in every cell.
const TEXT_LIMIT: usize = 20 << 20;

/// Reads the first sheet that shows.
pub(super) fn read(file: &[u8]) -> Result<Table> {
    let mut package = Package::inspect(file)?;
    let mut book: Xlsx<_> =
        calamine::open_workbook_from_rs(Cursor::new(file)).map_err(|error| broken(&error))?;
    let sheets = book.sheets_metadata().to_vec();
    let shows = |sheet: &calamine::Sheet| {
        sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible
    };
    let first = sheets
        .iter()
        .position(shows)
        .ok_or_else(|| unreadable("文件中没有可读的工作表"))?;
    let others: Vec<_> = sheets
        .iter()
        .enumerate()
        .filter(|(index, sheet)| *index != first && shows(sheet) && sheet.name != GUIDE)
        .map(|(_, sheet)| sheet.name.as_str())
        .collect();
    let mut warnings = Vec::new();
    if !others.is_empty() {
        warnings.push(format!(
            "只读取第一张工作表“{}”，未读取：{}",
            sheets[first].name,
            others.join("、")
        ));
    }
    let marks = package.marks(first)?;
    let mut rows = cells(&mut book, &sheets[first].name, &marks)?;
    merge(&mut rows, &marks)?;
    let hidden_rows = rows
        .keys()
        .filter(|row| marks.hidden_rows.contains(row))
        .map(|row| *row as usize + 1)
        .collect();
    let rows = rows
        .into_iter()
        .map(|(row, cells)| (row as usize + 1, cells))
        .collect();
    Ok(Table {
        rows,
        hidden_rows,
        warnings,
    })
}

fn broken(error: &calamine::XlsxError) -> ApiError {
    unreadable(match error {
        calamine::XlsxError::Password => "文件有密码保护，请取消密码后重新上传",
        _ => "文件已损坏，或不是 Excel 的 xlsx 文件",
    })
}

type Rows = BTreeMap<u32, Vec<Cell>>;

fn cells(book: &mut Xlsx<Cursor<&[u8]>>, sheet: &str, marks: &Marks) -> Result<Rows> {
    let mut rows = Rows::new();
    let (mut count, mut text) = (0, 0);
    // Cell by cell: the parser's own table would have room for every cell up to the farthest.
    let mut reader = book
        .worksheet_cells_reader(sheet)
        .map_err(|error| broken(&error))?;
    while let Some(found) = reader.next_cell().map_err(|error| broken(&error))? {
        let place = found.get_position();
        let cell = if marks.formulas.contains(&place) {
            Cell::Formula
        } else {
            cell(found.get_value())
        };
        if cell == Cell::Empty {
            continue;
        }
        count += 1;
        text += if let Cell::Text(text) = &cell {
            text.len()
        } else {
            0
        };
        if !within(place) || count > CELLS_LIMIT || text > TEXT_LIMIT {
            return Err(too_large());
        }
        put(rows.entry(place.0).or_default(), place.1 as usize, cell);
    }
    Ok(rows)
}

fn put(row: &mut Vec<Cell>, column: usize, cell: Cell) {
    if row.len() <= column {
        row.resize(column + 1, Cell::Empty);
    }
    row[column] = cell;
}

/// Marks every cell of a merged range in the rows that have content: which of them the value
/// belongs to is not for us to guess.
fn merge(rows: &mut Rows, marks: &Marks) -> Result<()> {
    let width = rows.values().map(Vec::len).max().unwrap_or(0);
    let mut count = 0;
    for ((top, left), (bottom, right)) in &marks.merged {
        if top > bottom || left > right {
            return Err(unreadable("文件已损坏：合并单元格的范围不正确"));
        }
        for (_, row) in rows.range_mut(top..=bottom) {
            for column in *left..=(*right).min(MAX_COLUMNS) {
                if column as usize >= width {
                    break;
                }
                put(row, column as usize, Cell::Merged);
                count += 1;
            }
            if count > CELLS_LIMIT {
                return Err(too_large());
            }
        }
    }
    Ok(())
}

fn cell(data: &DataRef<'_>) -> Cell {
    match data {
        DataRef::Empty => Cell::Empty,
        #[expect(
            clippy::cast_precision_loss,
            reason = "a spreadsheet has no other numbers"
        )]
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::String(text) => Cell::Text(text.clone()),
        DataRef::SharedString(text) => Cell::Text((*text).to_owned()),
        DataRef::Bool(value) => Cell::Bool(*value),
        DataRef::DateTime(value) if value.is_datetime() => {
            let (year, month, day, ..) = value.to_ymd_hms_milli();
            // Excel knows a 29 February 1900 that never was.
            NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day))
                .map_or(Cell::Number(value.as_f64()), Cell::Date)
        }
        DataRef::DateTime(value) => Cell::Number(value.as_f64()),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text
            .get(..10)
            .and_then(|date| date.parse().ok())
            .map_or_else(|| Cell::Text(text.clone()), Cell::Date),
        DataRef::Error(_) => Cell::Error,
    }
}
