//! A form with one file, as WeChat wants uploads.
//!
//! It is a whole buffer, because WeChat answers 412 or 41005 to a body of unstated length, and the
//! name of the file stays raw UTF-8: the `filename*` other libraries write is not understood there.

use sha2::{Digest, Sha256};

/// A form of one file and perhaps one text.
#[derive(Clone)]
pub(crate) struct Form {
    boundary: String,
    bytes: Vec<u8>,
}

impl Form {
    /// A form with a file in the field `name`.
    pub fn file(name: &str, filename: &str, media_type: &str, content: &[u8]) -> Self {
        // Derived from what lies between, so that it does not occur there and a repeated upload
        // is the same to the byte.
        let boundary = hex::encode(&Sha256::digest(content)[..16]);
        let mut bytes = Vec::with_capacity(content.len() + 256);
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{}\"\r\n\
             Content-Type: {media_type}\r\n\r\n",
            quoted(filename),
        );
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(content);
        bytes.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        Self { boundary, bytes }
    }

    /// The header that goes with it.
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The body.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Quotes and line breaks as browsers write them, anything else as it is.
fn quoted(filename: &str) -> String {
    filename
        .chars()
        .map(|c| match c {
            '"' => "%22".to_owned(),
            c if c.is_control() => "_".to_owned(),
            c => c.to_string(),
        })
        .collect()
}
