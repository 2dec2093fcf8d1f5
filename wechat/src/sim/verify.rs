//! The check WeChat makes when a callback address is saved in the console: a signed GET whose
//! `echostr` must come back as it was.

use rand::RngExt;

use super::handle::Handle;
use super::push;
use super::state::Unknown;

/// Why a callback address was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotVerified {
    /// There is no such account.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The account has no address.
    #[error("the account has no callback address")]
    NoAddress,
    /// Nothing came back within five seconds.
    #[error("the address did not answer: {0}")]
    NoAnswer(String),
    /// Something else than `echostr` came back.
    #[error("the address answered {status} and {length} bytes that are not the echostr")]
    Wrong {
        /// The HTTP status.
        status: u16,
        /// How long the answer was.
        length: usize,
    },
}

impl Handle {
    /// Saves an account's callback address as the console does: it must prove itself first.
    pub async fn verify_callback(&self, app_id: &str) -> Result<(), NotVerified> {
        let (url, query, echostr) = self.with(|world| {
            let spec = &world.app(app_id)?.spec;
            let url = spec.callback_url.clone().ok_or(NotVerified::NoAddress)?;
            // The keys of all accounts were read when the simulator started.
            let crypt = push::crypt(spec).map_err(|_| NotVerified::NoAddress)?;
            let timestamp = world.now().timestamp().to_string();
            let nonce = world.rng.random_range(100_000_000..2_000_000_000_u32);
            let nonce = nonce.to_string();
            let echostr = world.rng.random::<u64>().to_string();
            let query = [
                ("signature", crypt.signature(&timestamp, &nonce, None)),
                ("echostr", echostr.clone()),
                ("timestamp", timestamp),
                ("nonce", nonce),
            ];
            Ok::<_, NotVerified>((url, query, echostr))
        })?;
        let lost = |error: reqwest::Error| NotVerified::NoAnswer(error.without_url().to_string());
        let response = push::client()
            .map_err(lost)?
            .get(url)
            .query(&query)
            .send()
            .await
            .map_err(lost)?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(lost)?;
        if status == 200 && body == echostr.as_bytes() {
            Ok(())
        } else {
            let length = body.len();
            Err(NotVerified::Wrong { status, length })
        }
    }
}
