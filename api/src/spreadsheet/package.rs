//! A look through an xlsx package before a parser is let at it: how much it unpacks to, how far its
//! cells lie, what it claims to hold; and what the parser does not tell: formulas, merged ranges
//! and hidden rows.
//!
//! The parser reserves memory for what a file claims, so that a file of a few kilobytes could end
//! the process; and it would unpack what a few kilobytes blow up to.

use std::collections::{HashMap, HashSet};
use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::{MAX_COLUMNS, MAX_ROWS, too_large, unreadable};
use crate::error::Result;

/// How much a package may unpack to.
const UNPACKED_LIMIT: usize = 20 << 20;
/// How many parts a package may have; a sheet with its surroundings has about a dozen.
const PARTS_LIMIT: usize = 1_000;
/// How many strings a package may claim to share: as many as there may be cells.
const STRINGS_LIMIT: usize = 2_000_000;
/// How many merged ranges a sheet may have; a roster should have none.
const REGIONS_LIMIT: usize = 500;

/// A place in a sheet: row and column, from 0.
pub(super) type Place = (u32, u32);

/// What was found in one sheet.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Where formulas stand.
    pub(super) formulas: HashSet<Place>,
    /// First and last cell of every merged range.
    pub(super) merged: Vec<(Place, Place)>,
    /// Rows that do not show, from 0.
    pub(super) hidden_rows: HashSet<u32>,
}

/// A package that may be parsed.
#[derive(Debug)]
pub(super) struct Package {
    marks: HashMap<String, Marks>,
    /// The parts of the sheets, in the order of the workbook.
    sheets: Vec<String>,
}

impl Package {
    /// Looks through `file`.
    ///
    /// # Errors
    /// `file_unreadable` for what is no workbook, or more than may be read.
    pub(super) fn inspect(file: &[u8]) -> Result<Self> {
        let mut archive = ZipArchive::new(Cursor::new(file)).map_err(|_| broken())?;
        if archive.len() > PARTS_LIMIT {
            return Err(too_large());
        }
        let mut left = UNPACKED_LIMIT;
        let mut marks = HashMap::new();
        let mut workbook = Vec::new();
        let mut targets = HashMap::new();
        for index in 0..archive.len() {
            let part = archive.by_index(index).map_err(|_| broken())?;
            let name = part
                .name()
                .map_err(|_| broken())?
                .replace('\\', "/")
                .to_ascii_lowercase();
            // What a part says about its size may be a lie, so it is read to see.
            let mut bytes = Vec::new();
            part.take(left as u64 + 1)
                .read_to_end(&mut bytes)
                .map_err(|_| broken())?;
            left = left.checked_sub(bytes.len()).ok_or_else(too_large)?;
            let Some(xml) = text(bytes)? else { continue };
            // The claims of every part are checked: any of them can be named as any other.
            let found = Scan::default().run(&xml)?;
            match name.as_str() {
                "xl/workbook.xml" => workbook = sheet_ids(&xml)?,
                "xl/_rels/workbook.xml.rels" => targets = relationships(&xml)?,
                _ => {
                    marks.insert(name, found);
                }
            }
        }
        let sheets = workbook
            .iter()
            .map(|id| targets.get(id).cloned().unwrap_or_default())
            .collect();
        Ok(Self { marks, sheets })
    }

    /// What was found in a sheet, by its place in the workbook.
    pub(super) fn marks(&mut self, sheet: usize) -> Result<Marks> {
        self.sheets
            .get(sheet)
            .and_then(|part| self.marks.remove(part))
            .ok_or_else(broken)
    }
}

fn broken() -> crate::error::ApiError {
    unreadable("文件已损坏，或不是 Excel 的 xlsx 文件")
}

/// The part as XML, if it is XML at all. Only UTF-8 is taken: what is checked here and what the
/// parser reads must be the same.
fn text(bytes: Vec<u8>) -> Result<Option<String>> {
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [b'<', 0, ..] = bytes.as_slice() {
        return Err(unreadable(
            "文件内部编码不是 UTF-8，请用 Excel 或 WPS 另存为 xlsx 后重试",
        ));
    }
    let start = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&bytes)
        .trim_ascii_start();
    if start.first() != Some(&b'<') {
        return Ok(None);
    }
    let xml = String::from_utf8(bytes).map_err(|_| broken())?;
    let declaration = xml
        .split("?>")
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if declaration.contains("<?xml")
        && declaration.contains("encoding")
        && !declaration.contains("utf-8")
    {
        return Err(broken());
    }
    Ok(Some(xml))
}

/// Hands every element's beginning to `visit`.
fn elements(
    xml: &str,
    mut visit: impl FnMut(&BytesStart<'_>) -> Result<()>,
    mut end: impl FnMut(&str),
) -> Result<()> {
    let mut reader = Reader::from_str(xml);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_end_names = false;
    loop {
        match reader.read_event().map_err(|_| broken())? {
            Event::Start(element) => visit(&element)?,
            Event::End(element) => end(element.local_name().as_ref()),
            // Entities of one's own could unpack without end; no office program writes any.
            Event::DocType(_) => return Err(broken()),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    element
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)
        .map(|attribute| attribute.value.to_string())
}

fn sheet_ids(xml: &str) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let sheet = |element: &BytesStart<'_>| {
        if element.local_name().as_ref() == "sheet" {
            ids.push(attribute(element, "id").unwrap_or_default());
        }
        Ok(())
    };
    elements(xml, sheet, |_| {})?;
    Ok(ids)
}

fn relationships(xml: &str) -> Result<HashMap<String, String>> {
    let mut targets = HashMap::new();
    let relationship = |element: &BytesStart<'_>| {
        if let (Some(id), Some(target)) = (attribute(element, "Id"), attribute(element, "Target")) {
            let part = target
                .strip_prefix('/')
                .map_or_else(|| format!("xl/{target}"), str::to_owned);
            targets.insert(id, part.to_ascii_lowercase());
        }
        Ok(())
    };
    elements(xml, relationship, |_| {})?;
    Ok(targets)
}

/// Where a scan through a part is.
#[derive(Default)]
struct Scan {
    marks: Marks,
    row: u32,
    column: u32,
    place: Place,
    in_cell: bool,
}

impl Scan {
    fn run(self, xml: &str) -> Result<Marks> {
        let scan = std::cell::RefCell::new(self);
        elements(
            xml,
            |element| scan.borrow_mut().begin(element),
            |name| scan.borrow_mut().end(name),
        )?;
        Ok(scan.into_inner().marks)
    }

    fn begin(&mut self, element: &BytesStart<'_>) -> Result<()> {
        match element.local_name().as_ref() {
            "sst" => {
                let claimed =
                    attribute(element, "uniqueCount").and_then(|count| count.parse::<usize>().ok());
                if claimed.is_some_and(|count| count > STRINGS_LIMIT) {
                    return Err(too_large());
                }
            }
            "row" => {
                if let Some(number) = attribute(element, "r") {
                    self.row = number
                        .parse::<u32>()
                        .ok()
                        .and_then(|number| number.checked_sub(1))
                        .ok_or_else(broken)?;
                }
                self.column = 0;
                if attribute(element, "hidden")
                    .is_some_and(|hidden| hidden == "1" || hidden == "true")
                {
                    self.marks.hidden_rows.insert(self.row);
                }
            }
            "c" => {
                self.place = match attribute(element, "r") {
                    Some(reference) => place(&reference).ok_or_else(broken)?,
                    None => (self.row, self.column),
                };
                self.column = self.place.1 + 1;
                self.in_cell = true;
            }
            // A cell that only has a format, however far out, holds nothing.
            "v" | "is" | "f" if self.in_cell => {
                if !within(self.place) {
                    return Err(too_large());
                }
                if element.local_name().as_ref() == "f" {
                    self.marks.formulas.insert(self.place);
                }
            }
            "mergeCell" => {
                let reference = attribute(element, "ref").unwrap_or_default();
                let (first, last) = reference.split_once(':').ok_or_else(broken)?;
                self.marks.merged.push((
                    place(first).ok_or_else(broken)?,
                    place(last).ok_or_else(broken)?,
                ));
                if self.marks.merged.len() > REGIONS_LIMIT {
                    return Err(unreadable("合并单元格过多，请取消合并后重新上传"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) {
        match name {
            "c" => self.in_cell = false,
            "row" => self.row = self.row.saturating_add(1),
            _ => {}
        }
    }
}

/// Whether a place lies where cells are read.
pub(super) fn within((row, column): Place) -> bool {
    row < MAX_ROWS && column < MAX_COLUMNS
}

/// The place that a reference such as `AB12` names.
fn place(reference: &str) -> Option<Place> {
    let digits = reference.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = reference.split_at(digits);
    let is_reference = (1..=3).contains(&letters.len())
        && (1..=7).contains(&digits.len())
        && letters.bytes().all(|b| b.is_ascii_alphabetic())
        && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_reference {
        return None;
    }
    let column = letters.bytes().fold(0, |column, b| {
        column * 26 + u32::from(b.to_ascii_uppercase() - b'A') + 1
    });
    let row = digits.parse::<u32>().ok()?;
    Some((row.checked_sub(1)?, column - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_a_place() {
        assert_eq!(place("A1"), Some((0, 0)));
        assert_eq!(place("ab12"), Some((11, 27)));
        assert_eq!(place("XFD1048576"), Some((1_048_575, 16_383)));
        for none in ["", "A", "1", "A0", "AAAA1", "A12345678", "A1B", "é1"] {
            assert_eq!(place(none), None, "{none}");
        }
    }

    #[test]
    fn a_sheet_that_reaches_too_far_is_refused_and_a_format_far_out_is_not() {
        let sheet = |cell: &str| {
            format!("<worksheet><sheetData><row r=\"1\">{cell}</row></sheetData></worksheet>")
        };
        assert!(
            Scan::default()
                .run(&sheet("<c r=\"XFD1048576\"><v>1</v></c>"))
                .is_err()
        );
        assert!(
            Scan::default()
                .run(&sheet("<c r=\"XFD1048576\" s=\"1\"/>"))
                .is_ok()
        );
    }

    #[test]
    fn a_table_of_strings_that_claims_the_memory_of_the_machine_is_refused() {
        assert!(
            Scan::default()
                .run("<sst uniqueCount=\"99999999999\"></sst>")
                .is_err()
        );
    }

    #[test]
    fn a_file_that_blows_up_is_refused_and_so_is_what_only_begins_like_one() {
        use std::io::Write;

        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("xl/media/a.bin", zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(&vec![0; UNPACKED_LIMIT + 1]).unwrap();
        let bomb = zip.finish().unwrap().into_inner();

        assert!(bomb.len() < 100_000);
        assert_eq!(
            Package::inspect(&bomb).unwrap_err().detail,
            too_large().detail
        );
        assert!(Package::inspect(&bomb[..bomb.len() / 2]).is_err());
    }

    #[test]
    fn formulas_merged_ranges_and_hidden_rows_are_found() {
        let xml = "<worksheet><sheetData><row><c><v>1</v></c><c><f>A1</f><v>1</v></c></row><row hidden=\"1\"><c><v>2</v></c></row>\
                   </sheetData><mergeCells><mergeCell ref=\"A3:B4\"/></mergeCells></worksheet>";
        let marks = Scan::default().run(xml).unwrap();

        assert_eq!(marks.formulas, HashSet::from([(0, 1)]));
        assert_eq!(marks.hidden_rows, HashSet::from([1]));
        assert_eq!(marks.merged, [((2, 0), (3, 1))]);
    }
}
