//! The kinds of files that are kept, and what their names end in.

/// A kind of file that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Jpeg,
    Png,
    Pdf,
    Docx,
    Xlsx,
    Pptx,
}

/// A file as it is stored.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) kind: Kind,
    pub(super) data: Vec<u8>,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::Jpeg,
        Self::Png,
        Self::Pdf,
        Self::Docx,
        Self::Xlsx,
        Self::Pptx,
    ];

    /// As it is stored and handed out.
    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Pptx => "pptx",
        }
    }
}

/// Endings that say what a file is; one that says it wrongly gives way to the right one.
const TELLING: [&str; 9] = [
    "jpg", "jpeg", "png", "webp", "pdf", "docx", "xlsx", "pptx", "heic",
];

/// `name` with the ending that a phone or a desk opens a file of this media type by. A picture
/// that was made anew may be another kind than the one that was sent.
pub(super) fn named(name: &str, media_type: &str) -> String {
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| kind.media_type() == media_type);
    let Some(kind) = kind else {
        return name.to_owned();
    };
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem, ending.to_ascii_lowercase()),
        _ => (name, String::new()),
    };
    let fits = ending == kind.ending() || (kind == Kind::Jpeg && ending == "jpeg");
    if fits {
        name.to_owned()
    } else if TELLING.contains(&ending.as_str()) {
        format!("{stem}.{}", kind.ending())
    } else {
        format!("{name}.{}", kind.ending())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_in_what_the_file_is() {
        for (given, kind, expected) in [
            ("议程.pdf", Kind::Pdf, "议程.pdf"),
            ("议程.PDF", Kind::Pdf, "议程.PDF"),
            ("照片.jpeg", Kind::Jpeg, "照片.jpeg"),
            ("照片.webp", Kind::Jpeg, "照片.jpg"),
            ("议程", Kind::Docx, "议程.docx"),
            ("9.24 议程", Kind::Docx, "9.24 议程.docx"),
            (".pdf", Kind::Pdf, ".pdf.pdf"),
            ("签到表.exe", Kind::Xlsx, "签到表.exe.xlsx"),
        ] {
            assert_eq!(named(given, kind.media_type()), expected, "{given}");
        }
    }
}
