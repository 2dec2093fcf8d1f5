//! A Word document as the office prints it: A4, the committee's name and 内部资料 at the head of
//! every page, its number at the foot, tables with borders. What stands in it is the business of
//! whoever writes it.

use std::io::Cursor;

use chrono::{DateTime, Utc};
use docx_rs::{
    AlignmentType, Docx, Footer, Header, LineSpacing, NumPages, PageMargin, PageNum, Paragraph,
    Run, RunFonts, Shading, ShdType, Table, TableCell, TableCellMargins, TableLayoutType, TableRow,
    VAlignType, WidthType,
};

use crate::error::{ApiError, Result};
use crate::sheet::Watermark;

/// The media type of the files that [`Paper::finish`] makes.
pub const MEDIA_TYPE: &str =
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// What text is set in; every Chinese Windows and WPS has these two.
const TEXT_FONT: &str = "仿宋";
const TITLE_FONT: &str = "宋体";

/// A4 in twentieths of a point.
const PAGE: (u32, u32) = (11_906, 16_838);
/// The margins of GB/T 9704-2012, 7.2.2: 37 mm above, 28 mm at the left, 26 mm at the right.
const TOP: i32 = 2_098;
const BOTTOM: i32 = 1_984;
const LEFT: i32 = 1_588;
const RIGHT: i32 = 1_474;
/// What is left between them.
const WIDTH: usize = 8_844;

/// Sizes in half points: 二号, 三号, 小四, 五号 and 小五.
const TITLE: usize = 44;
const LETTER: usize = 32;
const TEXT: usize = 24;
const SMALL: usize = 21;
const SMALLEST: usize = 18;

/// A document in the making.
#[derive(Debug)]
pub struct Paper {
    head: String,
    foot: String,
    made_at: DateTime<Utc>,
    blocks: Vec<Block>,
}

#[derive(Debug)]
enum Block {
    Paragraph(Box<Paragraph>),
    Table(Box<Table>),
}

/// A column of a table: its header and its share of the width.
pub type Column<'a> = (&'a str, usize);

impl Paper {
    /// An empty document of a committee, taken out by somebody.
    pub fn new(committee: &str, watermark: &Watermark) -> Self {
        let at = domain::time::local(watermark.at).format("%Y-%m-%d %H:%M");
        Self {
            head: format!("{committee}　　内部资料"),
            foot: format!("导出人：{}　导出时间：{at}", watermark.name),
            made_at: watermark.at,
            blocks: Vec::new(),
        }
    }

    /// The title, in the middle.
    pub fn title(&mut self, text: &str) {
        let run = styled(text, TITLE_FONT, TITLE).bold();
        let paragraph = Paragraph::new()
            .add_run(run)
            .align(AlignmentType::Center)
            .line_spacing(LineSpacing::new().before(240).after(240));
        self.push(paragraph);
    }

    /// The head of a chapter; it stays with what follows.
    pub fn heading(&mut self, text: &str) {
        let run = styled(text, TITLE_FONT, LETTER).bold();
        let paragraph = Paragraph::new()
            .add_run(run)
            .outline_lvl(0)
            .keep_next(true)
            .line_spacing(LineSpacing::new().before(240).after(120));
        self.push(paragraph);
    }

    /// The head of a table.
    pub fn caption(&mut self, text: &str) {
        let run = styled(text, TITLE_FONT, TEXT).bold();
        let paragraph = Paragraph::new()
            .add_run(run)
            .outline_lvl(1)
            .keep_next(true)
            .line_spacing(LineSpacing::new().before(160).after(80));
        self.push(paragraph);
    }

    /// A paragraph of text.
    pub fn text(&mut self, text: &str) {
        for line in text.lines() {
            self.push(Paragraph::new().add_run(styled(line, TEXT_FONT, TEXT)));
        }
    }

    /// A paragraph of a letter, its first line set in by two characters.
    pub fn letter(&mut self, text: &str) {
        let paragraph = Paragraph::new()
            .add_run(styled(text, TEXT_FONT, LETTER))
            .first_line_chars(200)
            .line_spacing(LineSpacing::new().after(120));
        self.push(paragraph);
    }

    /// Whom a letter is for.
    pub fn address(&mut self, text: &str) {
        self.push(Paragraph::new().add_run(styled(text, TEXT_FONT, LETTER)));
    }

    /// Who signs a letter, and when.
    pub fn signature(&mut self, text: &str) {
        let paragraph = Paragraph::new()
            .add_run(styled(text, TEXT_FONT, LETTER))
            .align(AlignmentType::Right);
        self.push(paragraph);
    }

    /// A remark in small print.
    pub fn remark(&mut self, text: &str) {
        for line in text.lines() {
            self.push(Paragraph::new().add_run(styled(line, TEXT_FONT, SMALL)));
        }
    }

    /// What follows begins on a new page.
    pub fn new_page(&mut self) {
        self.push(Paragraph::new().page_break_before(true));
    }

    /// Names with what they are, two pairs in a row.
    pub fn pairs(&mut self, pairs: &[(&str, String)]) {
        const WIDTHS: [usize; 4] = [1_500, 2_922, 1_500, 2_922];
        let rows = pairs.chunks(2).map(|two| {
            let mut cells = Vec::new();
            for (at, (name, content)) in two.iter().enumerate() {
                cells.push(header(name, WIDTHS[at * 2]));
                let last = two.len() == 1;
                // A pair that is alone in its row takes all of it.
                let width = if last { WIDTH - WIDTHS[0] } else { WIDTHS[1] };
                let content = cell(content, width);
                cells.push(if last { content.grid_span(3) } else { content });
            }
            TableRow::new(cells).cant_split()
        });
        let rows = rows.collect();
        self.blocks
            .push(Block::Table(Box::new(table(rows, WIDTHS.to_vec()))));
    }

    /// A table with a header above its rows; nothing where there are no rows.
    pub fn table(&mut self, columns: &[Column<'_>], rows: &[Vec<String>]) {
        if rows.is_empty() {
            return;
        }
        let shares: usize = columns.iter().map(|(_, share)| share).sum();
        let widths: Vec<usize> = columns
            .iter()
            .map(|(_, share)| WIDTH * share / shares.max(1))
            .collect();
        let headers = columns.iter().zip(&widths);
        let headers = headers.map(|((name, _), width)| header(name, *width));
        let mut all = vec![TableRow::new(headers.collect()).cant_split()];
        all.extend(rows.iter().map(|row| {
            let cells = row.iter().zip(&widths);
            TableRow::new(cells.map(|(text, width)| cell(text, *width)).collect())
        }));
        self.blocks.push(Block::Table(Box::new(table(all, widths))));
    }

    /// The file. Packing costs time: call it where blocking is allowed.
    pub fn finish(self) -> Result<Vec<u8>> {
        let head = Paragraph::new()
            .add_run(styled(&self.head, TITLE_FONT, SMALLEST))
            .align(AlignmentType::Right);
        let foot = Paragraph::new()
            .add_run(styled(
                &format!("{}　　第 ", self.foot),
                TITLE_FONT,
                SMALLEST,
            ))
            .add_page_num(PageNum::new())
            .add_run(styled(" 页 / 共 ", TITLE_FONT, SMALLEST))
            .add_num_pages(NumPages::new())
            .add_run(styled(" 页", TITLE_FONT, SMALLEST))
            .align(AlignmentType::Center);
        let made_at = self.made_at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut docx = Docx::new()
            .page_size(PAGE.0, PAGE.1)
            .page_margin(
                PageMargin::new()
                    .top(TOP)
                    .bottom(BOTTOM)
                    .left(LEFT)
                    .right(RIGHT)
                    .header(1_134)
                    .footer(992),
            )
            .default_fonts(fonts(TEXT_FONT))
            .default_size(TEXT)
            .created_at(&made_at)
            .updated_at(&made_at)
            .header(Header::new().add_paragraph(head))
            .footer(Footer::new().add_paragraph(foot));
        for block in self.blocks {
            docx = match block {
                Block::Paragraph(paragraph) => docx.add_paragraph(*paragraph),
                // Word joins tables that touch each other, and wants a paragraph at the end.
                Block::Table(table) => docx.add_table(*table).add_paragraph(Paragraph::new()),
            };
        }
        let mut file = Cursor::new(Vec::new());
        docx.pack(&mut file).map_err(ApiError::internal)?;
        Ok(file.into_inner())
    }

    fn push(&mut self, paragraph: Paragraph) {
        self.blocks.push(Block::Paragraph(Box::new(paragraph)));
    }
}

fn fonts(name: &str) -> RunFonts {
    RunFonts::new()
        .ascii("Times New Roman")
        .hi_ansi("Times New Roman")
        .east_asia(name)
}

fn styled(text: &str, font: &str, size: usize) -> Run {
    Run::new()
        .add_text(printable(text))
        .fonts(fonts(font))
        .size(size)
}

/// The text without what XML 1.0 cannot hold, not even escaped: one such character in a title
/// that somebody typed would make the whole file unreadable.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|&c| c >= ' ' && c != '\u{fffe}' && c != '\u{ffff}')
        .collect()
}

fn header(text: &str, width: usize) -> TableCell {
    let run = styled(text, TITLE_FONT, SMALL).bold();
    let paragraph = Paragraph::new().add_run(run).align(AlignmentType::Center);
    TableCell::new()
        .add_paragraph(paragraph)
        .width(width, WidthType::Dxa)
        .vertical_align(VAlignType::Center)
        .shading(Shading::new().shd_type(ShdType::Clear).fill("EDEDED"))
}

fn cell(text: &str, width: usize) -> TableCell {
    let mut cell = TableCell::new()
        .width(width, WidthType::Dxa)
        .vertical_align(VAlignType::Center);
    // A cell without any paragraph is no valid cell.
    let lines: Vec<&str> = if text.is_empty() {
        vec![""]
    } else {
        text.lines().collect()
    };
    for line in lines {
        cell = cell.add_paragraph(Paragraph::new().add_run(styled(line, TITLE_FONT, SMALL)));
    }
    cell
}

fn table(rows: Vec<TableRow>, widths: Vec<usize>) -> Table {
    Table::new(rows)
        .set_grid(widths)
        .layout(TableLayoutType::Fixed)
        .width(WIDTH, WidthType::Dxa)
        .margins(TableCellMargins::new().margin(40, 80, 40, 80))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn part(file: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
        let mut text = String::new();
        let mut part = archive.by_name(name).unwrap();
        part.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn what_somebody_typed_breaks_no_document() {
        let watermark = Watermark {
            name: "<王&办>".to_owned(),
            at: DateTime::from_timestamp(1_774_000_000, 0).unwrap(),
        };
        let mut paper = Paper::new("邢东区政协", &watermark);
        paper.title("履职档案");
        paper.pairs(&[("姓名", "张<三>&\u{1}".to_owned())]);
        paper.table(
            &[("项目", 1)],
            &[vec!["第一行\n第二行".to_owned()], vec![String::new()]],
        );
        paper.table(&[("空", 1)], &[]);

        let file = paper.finish().unwrap();

        let document = part(&file, "word/document.xml");
        assert!(document.contains("张&lt;三&gt;&amp;<"), "{document}");
        assert!(document.contains("第一行") && document.contains("第二行"));
        assert!(
            document.contains(r#"w:w="11906" w:h="16838""#),
            "{document}"
        );
        let mut reader = quick_xml::Reader::from_str(&document);
        while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
        assert!(part(&file, "word/header1.xml").contains("邢东区政协　　内部资料"));
        let footer = part(&file, "word/footer1.xml");
        assert!(
            footer.contains("PAGE") && footer.contains("&lt;王&amp;办&gt;"),
            "{footer}"
        );
    }
}
