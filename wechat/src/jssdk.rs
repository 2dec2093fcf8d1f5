//! The signature a page needs before `WeChat` lets it use the `JSSDK`.

use sha1::{Digest, Sha1};

/// Signs the address of a page; what follows a `#` is not part of it.
pub fn signature(jsapi_ticket: &str, noncestr: &str, timestamp: i64, url: &str) -> String {
    let page = url.split('#').next().unwrap_or(url);
    let text =
        format!("jsapi_ticket={jsapi_ticket}&noncestr={noncestr}&timestamp={timestamp}&url={page}");
    hex::encode(Sha1::digest(text))
}
