//! Documents, told by what is in them and kept as they came. Unlike a picture a document cannot be
//! made anew, so what could act by itself is refused.

use std::io::Cursor;

use zip::ZipArchive;

use super::kind::Kind;
use crate::error::{ApiError, Code, Result};

/// How many parts a package may have; a long presentation has a few hundred.
const PARTS_LIMIT: usize = 5_000;
/// A PDF says where it ends within so many bytes of its end.
const PDF_TAIL: usize = 1_024;

/// The main part of a package and what the package is then.
const MAIN_PARTS: [(&str, Kind); 3] = [
    ("word/document.xml", Kind::Docx),
    ("xl/workbook.xml", Kind::Xlsx),
    ("ppt/presentation.xml", Kind::Pptx),
];

fn unreadable(why: &'static str) -> ApiError {
    ApiError::with(Code::FileUnreadable, why)
}

/// What kind of document this is, if it is one at all.
///
/// # Errors
/// `file_unreadable` for a document that is broken or of a kind that is not taken.
pub(super) fn recognised(file: &[u8]) -> Result<Option<Kind>> {
    if file.starts_with(b"%PDF-") {
        let tail = &file[file.len().saturating_sub(PDF_TAIL)..];
        let ends = tail.windows(5).any(|bytes| bytes == b"%%EOF");
        return if ends {
            Ok(Some(Kind::Pdf))
        } else {
            Err(unreadable("PDF 文件不完整，请重新选择"))
        };
    }
    // Compound files: the Office formats before 2007, and any format under a password.
    if file.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(unreadable(
            "不能上传旧版或加密的 Office 文件，请去掉密码并另存为 docx、xlsx、pptx 或 PDF",
        ));
    }
    if file.starts_with(b"PK\x03\x04") {
        return package(file).map(Some);
    }
    Ok(None)
}

fn package(file: &[u8]) -> Result<Kind> {
    let broken = || unreadable("文件已损坏，或不是 docx、xlsx、pptx 文件");
    let archive = ZipArchive::new(Cursor::new(file)).map_err(|_| broken())?;
    if archive.len() > PARTS_LIMIT {
        return Err(broken());
    }
    let names = archive
        .file_names()
        .map(|name| name.map(|name| name.to_ascii_lowercase()))
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|_| broken())?;
    if names.iter().any(|name| name.ends_with("vbaproject.bin")) {
        return Err(unreadable("不能上传带宏的文件，请另存为不含宏的文件"));
    }
    let has = |part: &str| names.iter().any(|name| name == part);
    MAIN_PARTS
        .into_iter()
        .find(|(part, _)| has("[content_types].xml") && has(part))
        .map(|(_, kind)| kind)
        .ok_or_else(broken)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn package_of(parts: &[&str]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for part in parts {
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file(*part, options).unwrap();
            writer.write_all(b"<x/>").unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_document_is_known_by_its_parts() {
        for (part, kind) in MAIN_PARTS {
            let file = package_of(&["[Content_Types].xml", part]);
            assert_eq!(recognised(&file).unwrap(), Some(kind));
        }
        assert_eq!(
            recognised(b"%PDF-1.7\n1 0 obj\n%%EOF\n").unwrap(),
            Some(Kind::Pdf)
        );
        assert_eq!(recognised(b"\x89PNG").unwrap(), None);
    }

    #[test]
    fn what_could_act_or_cannot_be_opened_is_refused() {
        let macros = package_of(&[
            "[Content_Types].xml",
            "word/document.xml",
            "word/vbaProject.bin",
        ]);
        let archive = package_of(&["word/document.xml", "setup.exe"]);
        let whole = package_of(&["[Content_Types].xml", "word/document.xml"]);
        for file in [
            &macros[..],
            &archive,
            &whole[..whole.len() / 2],
            b"%PDF-1.7 and no end",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        ] {
            assert_eq!(recognised(file).unwrap_err().code, Code::FileUnreadable);
        }
    }
}
