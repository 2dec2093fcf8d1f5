//! An app we may act for: its calls carry a token, and a refused token is replaced once.
//!
//! The calls themselves stand with their subject: [`crate::login`], [`crate::phone`],
//! [`crate::template`], [`crate::subscribe`], [`crate::followers`], [`crate::wxacode`].

use std::sync::Arc;

use serde_json::Value;

use crate::client::{Answer, App, Client, Request};
use crate::error::{Class, Endpoint, Error};
use crate::token::{Lease, TokenSource};

/// A mini-program or an official account; cheap to clone, one per app so that its token is shared.
#[derive(Clone, Debug)]
pub struct Account {
    pub(crate) app: Arc<App>,
    pub(crate) client: Client,
    tokens: Arc<TokenSource>,
}

impl Account {
    /// An account that has no token yet.
    pub fn new(app: App, client: Client) -> Self {
        let app = Arc::new(app);
        let tokens = Arc::new(TokenSource::new(Arc::clone(&app), client.clone()));
        Self {
            app,
            client,
            tokens,
        }
    }

    /// The `wx…` of the app.
    pub fn app_id(&self) -> &str {
        &self.app.app_id
    }

    /// Fetches a token and nothing else: proves id, secret and allow list.
    pub async fn probe(&self) -> Result<(), Error> {
        self.tokens.get().await.map(drop)
    }

    /// Makes a call that needs a token, and reads its answer with `read`.
    ///
    /// If the token is refused, the call is made once more with another one. WeChat refuses a bad
    /// token before it acts, so this repeats nothing.
    pub(crate) async fn call<T>(
        &self,
        endpoint: Endpoint,
        query: &[(&str, &str)],
        body: Option<Value>,
        read: impl Fn(&Answer) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let first = self.tokens.get().await.map_err(Error::before_the_call)?;
        let result = self.attempt(endpoint, query, body.clone(), &first).await;
        match result.and_then(|answer| read(&answer)) {
            Err(error) if is_token_refusal(&error) => {
                tracing::info!(app_id = self.app.app_id, %error, "replacing a refused token");
            }
            other => return other,
        }

        let second = self
            .tokens
            .replace(&first)
            .await
            .map_err(Error::before_the_call)?;
        let result = self.attempt(endpoint, query, body, &second).await;
        let result = result.and_then(|answer| read(&answer));
        if result.as_ref().is_err_and(is_token_refusal) {
            self.tokens.refused_again(&second).await;
        }
        result
    }

    async fn attempt(
        &self,
        endpoint: Endpoint,
        query: &[(&str, &str)],
        body: Option<Value>,
        token: &Lease,
    ) -> Result<Answer, Error> {
        let mut with_token = vec![("access_token", token.expose())];
        with_token.extend_from_slice(query);
        self.client
            .send(Request {
                endpoint,
                base_url: &self.app.base_url,
                query: with_token,
                body,
            })
            .await
    }
}

fn is_token_refusal(error: &Error) -> bool {
    error.api().is_some_and(|error| error.class == Class::Token)
}
