//! Signing in to the mini-program: the code of `wx.login` against an openid.

use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::account::Account;
use crate::client::Body;
use crate::error::{Endpoint, Error};
use crate::lenient;

/// Who is holding the phone. The `session_key` is dropped unread.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Session {
    /// The person in this mini-program.
    pub openid: String,
    /// The person in all apps of one Open Platform account; absent while the mini-program hangs
    /// under none.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub unionid: Option<String>,
}

impl Account {
    /// Exchanges the code of `wx.login`.
    ///
    /// The code is good for one try: nothing is ever repeated, and when no answer comes the
    /// error is [`Error::CodeMaybeBurnt`] and the client must ask for a new code.
    pub async fn login(&self, js_code: &str) -> Result<Session, Error> {
        let endpoint = Endpoint::Login;
        let query = vec![
            ("appid", self.app_id()),
            ("secret", self.app.secret.expose_secret()),
            ("js_code", js_code),
            ("grant_type", "authorization_code"),
        ];
        self.call_without_token(endpoint, query, Body::Nothing)
            .await
            .and_then(|answer| answer.json())
            .map_err(Error::burning_the_code)
    }
}
