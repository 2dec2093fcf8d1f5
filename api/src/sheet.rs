//! An Excel sheet as the office gets it: a title, Chinese headers, typed cells, a watermark.
//!
//! Every export writes through here, so that no cell anybody typed is ever a formula
//! (reliability.md §3). What stands in the rows is the business of the capability that exports.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rust_xlsxwriter::{
    ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::error::{ApiError, Result};

/// The media type of the files that [`Sheet::finish`] makes.
pub const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text, and always text: phone numbers and ids keep their zeros, formulas are defused.
    Text(String),
    /// A count.
    Whole(i64),
    /// A number with two decimals.
    Decimal(f64),
    /// A day.
    Date(NaiveDate),
    /// Nothing.
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Whole(number)
    }
}

impl From<NaiveDate> for Cell {
    fn from(date: NaiveDate) -> Self {
        Self::Date(date)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Self::Empty, Into::into)
    }
}

/// Who takes the file out of the service, and when; it stands on every sheet.
#[derive(Clone, Debug)]
pub struct Watermark {
    /// Who.
    pub name: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Watermark {
    fn line(&self) -> String {
        format!(
            "导出人：{}　导出时间：{}　内部资料，请勿外传",
            self.name,
            domain::time::local(self.at).format("%Y-%m-%d %H:%M")
        )
    }
}

/// A workbook in the making.
pub struct Sheet {
    written: Vec<Worksheet>,
    current: Worksheet,
    row: u32,
    formats: Formats,
    watermark: Watermark,
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sheet(row {})", self.row)
    }
}

struct Formats {
    title: Format,
    watermark: Format,
    header: Format,
    text: Format,
    whole: Format,
    decimal: Format,
    date: Format,
}

impl Formats {
    fn new() -> Self {
        let cell = || {
            Format::new()
                .set_border(FormatBorder::Thin)
                .set_align(FormatAlign::VerticalCenter)
        };
        Self {
            title: Format::new()
                .set_bold()
                .set_font_size(16)
                .set_align(FormatAlign::Center),
            watermark: Format::new().set_font_size(9).set_font_color(0x0080_8080),
            header: cell()
                .set_bold()
                .set_align(FormatAlign::Center)
                .set_background_color(0x00DD_EBF7),
            text: cell().set_num_format("@").set_text_wrap(),
            whole: cell().set_num_format("0"),
            decimal: cell().set_num_format("0.00"),
            date: cell().set_num_format("yyyy-mm-dd"),
        }
    }
}

impl Sheet {
    /// A workbook whose first sheet is called `name`, with a title above columns of a header and
    /// a width in characters each.
    pub fn new(
        name: &str,
        title: &str,
        columns: &[(&str, f64)],
        watermark: Watermark,
    ) -> Result<Self> {
        let mut book = Self {
            written: Vec::new(),
            current: Worksheet::new(),
            row: 0,
            formats: Formats::new(),
            watermark,
        };
        book.begin(name, title, columns)
            .map_err(ApiError::internal)?;
        Ok(book)
    }

    /// Ends the sheet and begins another one of the same workbook.
    pub fn next(&mut self, name: &str, title: &str, columns: &[(&str, f64)]) -> Result<()> {
        self.written.push(std::mem::take(&mut self.current));
        self.begin(name, title, columns).map_err(ApiError::internal)
    }

    /// Writes one row below the last.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) -> Result<()> {
        for (column, cell) in (0..).zip(cells) {
            self.cell(column, cell).map_err(ApiError::internal)?;
        }
        self.row += 1;
        Ok(())
    }

    /// The file. Packing costs time: call it where blocking is allowed.
    pub fn finish(self) -> Result<Vec<u8>> {
        let mut book = Workbook::new();
        for sheet in self.written.into_iter().chain([self.current]) {
            book.push_worksheet(sheet);
        }
        book.save_to_buffer().map_err(ApiError::internal)
    }

    fn begin(
        &mut self,
        name: &str,
        title: &str,
        columns: &[(&str, f64)],
    ) -> std::result::Result<(), XlsxError> {
        let Formats {
            title: title_format,
            watermark,
            header,
            ..
        } = &self.formats;
        let last = u16::try_from(columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
        let line = defused(&self.watermark.line());
        self.current.set_name(name)?;
        if last == 0 {
            self.current
                .write_string_with_format(0, 0, defused(title), title_format)?;
        } else {
            self.current
                .merge_range(0, 0, 0, last, &defused(title), title_format)?;
        }
        self.current
            .write_string_with_format(1, 0, line, watermark)?;
        for (column, (name, width)) in (0..).zip(columns) {
            self.current
                .write_string_with_format(2, column, *name, header)?;
            self.current.set_column_width(column, *width)?;
        }
        self.current.set_freeze_panes(3, 0)?;
        self.current.set_repeat_rows(2, 2)?;
        self.current.set_landscape().set_print_fit_to_pages(1, 0);
        // Whoever prints it prints on every page who took it out; `&` begins a code there.
        let footer = self.watermark.line().replace('&', "＆");
        self.current.set_footer(format!("&L{footer}&R&P/&N"));
        self.row = 3;
        Ok(())
    }

    fn cell(&mut self, column: u16, cell: Cell) -> std::result::Result<(), XlsxError> {
        let Formats {
            text,
            whole,
            decimal,
            date,
            ..
        } = &self.formats;
        match cell {
            Cell::Text(value) => {
                self.current
                    .write_string_with_format(self.row, column, defused(&value), text)?
            }
            // A spreadsheet has no other numbers; counts lie far below 2⁵³.
            #[expect(clippy::cast_precision_loss, reason = "counts lie far below 2^53")]
            Cell::Whole(number) => {
                self.current
                    .write_number_with_format(self.row, column, number as f64, whole)?
            }
            Cell::Decimal(number) => self
                .current
                .write_number_with_format(self.row, column, number, decimal)?,
            Cell::Date(day) => match excel_date(day) {
                Some(excel) => self
                    .current
                    .write_datetime_with_format(self.row, column, &excel, date)?,
                // Excel begins in 1900.
                None => self.current.write_string_with_format(
                    self.row,
                    column,
                    day.to_string(),
                    text,
                )?,
            },
            Cell::Empty => self.current.write_blank(self.row, column, text)?,
        };
        Ok(())
    }
}

fn excel_date(day: NaiveDate) -> Option<ExcelDateTime> {
    let year = u16::try_from(day.year()).ok()?;
    let [month, day] = [day.month(), day.day()].map(|number| u8::try_from(number).unwrap_or(0));
    ExcelDateTime::from_ymd(year, month, day).ok()
}

/// The text with an apostrophe in front where a spreadsheet could take it for a formula, also
/// after it was saved as csv and opened again.
pub fn defused(text: &str) -> String {
    let first = text
        .trim_start_matches([' ', '\u{3000}', '\u{a0}'])
        .chars()
        .next();
    let formula = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r' | '\n')
    );
    if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};

    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_defused() {
        for text in [
            "=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠a", "\t=1", " =1", "　=1",
        ] {
            assert_eq!(defused(text), format!("'{text}"));
        }
        for text in ["张三", "138****8000", "a=b", ""] {
            assert_eq!(defused(text), text);
        }
    }

    #[test]
    fn cells_keep_their_types_and_every_sheet_says_who_took_it_out() {
        let at = DateTime::from_timestamp(1_774_000_000, 0).unwrap();
        let watermark = Watermark {
            name: "王办".to_owned(),
            at,
        };
        let columns = [
            ("姓名", 12.0),
            ("手机号", 14.0),
            ("次数", 8.0),
            ("日期", 12.0),
        ];
        let mut sheet = Sheet::new("名单", "委员名单", &columns, watermark).unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 9, 25).unwrap();

        sheet
            .row(["=张三".into(), "00138".into(), 3.into(), day.into()])
            .unwrap();
        sheet.next("说明", "说明", &[("内容", 40.0)]).unwrap();
        let file = sheet.finish().unwrap();

        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file)).unwrap();
        let range = book.worksheet_range("名单").unwrap();
        let text = |row, column| range.get_value((row, column)).unwrap().to_string();
        assert_eq!(text(0, 0), "委员名单");
        assert!(
            text(1, 0).contains("王办") && text(1, 0).contains("2026-03-20"),
            "{}",
            text(1, 0)
        );
        assert_eq!(
            [0, 1, 2, 3].map(|column| text(2, column)),
            ["姓名", "手机号", "次数", "日期"]
        );
        assert_eq!(
            range.get_value((3, 0)),
            Some(&Data::String("'=张三".to_owned()))
        );
        assert_eq!(
            range.get_value((3, 1)),
            Some(&Data::String("00138".to_owned()))
        );
        assert_eq!(range.get_value((3, 2)), Some(&Data::Float(3.0)));
        assert!(matches!(range.get_value((3, 3)), Some(Data::DateTime(_))));
        assert!(
            book.worksheet_range("说明")
                .unwrap()
                .get_value((1, 0))
                .unwrap()
                .to_string()
                .contains("王办")
        );
    }
}
