//! Reading a list that an office keeps in Excel, whatever the file's name says: xlsx, or csv as
//! UTF-8 or GB18030. What a row means is the business of the capability that imports it.

mod package;
pub mod template;
mod workbook;

use std::time::Duration;

use domain::table::Cell;
use serde::{Deserialize, Serialize};

use crate::error::{ApiError, Code, Result};

/// Rows of a file: a header and 10,000 entries.
pub const MAX_ROWS: u32 = 10_001;
/// How far down the header may stand.
pub const HEADER_WITHIN: usize = 5;
/// The sheet of a template that explains the columns; the reader does not wonder about it.
pub const GUIDE: &str = "填写说明";
/// Columns of a file.
const MAX_COLUMNS: u32 = 200;
/// How long reading may take.
const DEADLINE: Duration = Duration::from_secs(2);

/// A file's rows as cells.
#[derive(Debug, Default)]
pub struct Table {
    /// Rows that hold something, each with the number the clerk sees.
    pub rows: Vec<(usize, Vec<Cell>)>,
    /// Numbers of the rows that hold something and do not show.
    pub hidden_rows: Vec<usize>,
    /// What the clerk should know about the file as a whole.
    pub warnings: Vec<String>,
}

/// What is wrong with a cell, or what the clerk should look at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Issue {
    /// The heading of the column; empty where none is meant.
    pub column: String,
    /// Stable word.
    pub code: String,
    /// In Chinese, for the clerk.
    pub message: String,
}

impl Issue {
    /// An issue of a column.
    pub fn new(column: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            column: column.to_owned(),
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

/// Whether a row can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowStatus {
    /// Yes.
    Ok,
    /// Yes, and somebody should look at it again.
    Warning,
    /// No, and with it no other row.
    Error,
}

impl RowStatus {
    /// The status of a row with these.
    pub const fn of(errors: &[Issue], warnings: &[Issue]) -> Self {
        match (errors.is_empty(), warnings.is_empty()) {
            (false, _) => Self::Error,
            (true, false) => Self::Warning,
            (true, true) => Self::Ok,
        }
    }
}

/// The file is none that we read.
pub fn unreadable(why: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::with(Code::FileUnreadable, why)
}

/// The file holds more than we read.
fn too_large() -> ApiError {
    unreadable("文件内容过大：最多 10,000 行、200 列，解压后不超过 20 MB")
}

/// Reads `file` on a thread where blocking is allowed.
///
/// # Errors
/// `file_unreadable`, with the reason.
pub async fn read(file: Vec<u8>) -> Result<Table> {
    let reading = tokio::task::spawn_blocking(move || read_now(&file));
    match tokio::time::timeout(DEADLINE, reading).await {
        Ok(Ok(table)) => table,
        // What makes a parser panic is a bad file, not a bad service.
        Ok(Err(_)) => Err(unreadable("无法读取该文件，请用模板重新填写后上传")),
        Err(_) => Err(unreadable("文件过于复杂，读取超时，请用模板重新填写后上传")),
    }
}

fn read_now(file: &[u8]) -> Result<Table> {
    match file {
        [] => Err(unreadable("文件是空的")),
        [b'P', b'K', 3 | 5, ..] => workbook::read(file),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(unreadable(
            "不支持旧版 xls 或有密码的文件，请另存为 xlsx 后重新上传",
        )),
        _ => csv(file),
    }
}

fn csv(file: &[u8]) -> Result<Table> {
    let text = decode(file)?;
    let mut rows = Vec::new();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut number = 0;
    for record in reader.records() {
        let record = record.map_err(|_| unreadable("csv 文件的格式不正确"))?;
        let begins = record
            .position()
            .map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        number += blank_lines(text.as_bytes(), begins) + 1;
        if number > MAX_ROWS as usize || record.len() > MAX_COLUMNS as usize {
            return Err(too_large());
        }
        let cells: Vec<_> = record
            .iter()
            .map(|text| {
                if text.is_empty() {
                    Cell::Empty
                } else {
                    Cell::Text(text.to_owned())
                }
            })
            .collect();
        if !domain::table::is_blank(&cells) {
            rows.push((number, cells));
        }
    }
    Ok(Table {
        rows,
        ..Table::default()
    })
}

/// Empty lines from a record's end to the next record: the reader passes over them, and the clerk
/// counts them. Lines inside a quoted cell she does not count, nor do we.
fn blank_lines(text: &[u8], begins: usize) -> usize {
    let (before, rest) = text.split_at(begins.min(text.len()));
    // The reader ends a record between the two characters that end its line.
    let rest = if before.ends_with(b"\r") {
        rest.strip_prefix(b"\n").unwrap_or(rest)
    } else {
        rest
    };
    rest.iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .filter(|byte| **byte == b'\n')
        .count()
}

fn decode(file: &[u8]) -> Result<String> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    if file.contains(&0) {
        return Err(unreadable(
            "只能读取 xlsx 文件和 csv 文件（UTF-8 或 GB18030 编码）",
        ));
    }
    if let Ok(text) = std::str::from_utf8(file) {
        return Ok(text.to_owned());
    }
    encoding_rs::GB18030
        .decode_without_bom_handling_and_without_replacement(file)
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(|| unreadable("只能读取 xlsx 文件和 csv 文件（UTF-8 或 GB18030 编码）"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_cell(file: &[u8]) -> Cell {
        read_now(file).unwrap().rows[0].1[0].clone()
    }

    #[test]
    fn csv_is_read_in_either_encoding() {
        let name = Cell::Text("姓名".to_owned());
        assert_eq!(first_cell("姓名,手机号\n".as_bytes()), name);
        assert_eq!(first_cell("\u{feff}姓名,手机号\r\n".as_bytes()), name);
        assert_eq!(
            first_cell(&encoding_rs::GB18030.encode("姓名,手机号\r\n").0),
            name
        );
    }

    #[test]
    fn rows_keep_the_numbers_the_clerk_sees() {
        let numbers = |file: &str| {
            read_now(file.as_bytes())
                .unwrap()
                .rows
                .iter()
                .map(|(number, _)| *number)
                .collect::<Vec<_>>()
        };
        assert_eq!(numbers("姓名\n\n张三\n"), [1, 3]);
        assert_eq!(numbers("姓名\r\n\r\n张三\r\n李四\r\n"), [1, 3, 4]);
        assert_eq!(numbers("姓名\n\"张\n三\"\n李四"), [1, 2, 3]);
    }

    #[test]
    fn what_is_neither_is_refused() {
        for file in [
            &b""[..],
            b"\xd0\xcf\x11\xe0\xa1\xb1",
            b"PK\x03\x04nothing",
            b"%PDF-1.7\0",
            b"\xff\xfe\x59\x00",
            b"\xff\xd8\xff\xe0",
        ] {
            assert_eq!(read_now(file).unwrap_err().code, Code::FileUnreadable);
        }
    }
}
