//! The telephone number behind the phone button of the mini-program.
//!
//! It helps to recognise a person and proves nothing: he may pick another number than the one his
//! WeChat is bound to.

use serde::Deserialize;

use crate::account::Account;
use crate::error::{Endpoint, Error};
use crate::lenient;

/// A number WeChat vouches for.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone {
    /// The number without the country.
    pub pure_number: String,
    /// The country, `86` for China.
    pub country_code: String,
}

#[derive(Deserialize)]
struct Answered {
    phone_info: PhoneInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneInfo {
    #[serde(deserialize_with = "lenient::opt_text")]
    pure_phone_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    country_code: Option<String>,
    watermark: Watermark,
}

#[derive(Deserialize)]
struct Watermark {
    appid: String,
}

impl Account {
    /// Exchanges the code of the phone button; WeChat checks that it belongs to `openid`.
    ///
    /// The code is good for one try, as in [`Account::login`]. An answer that was made for
    /// another app is [`Error::Unbelievable`].
    pub async fn phone_number(&self, code: &str, openid: &str) -> Result<Phone, Error> {
        let endpoint = Endpoint::PhoneNumber;
        let body = serde_json::json!({ "code": code, "openid": openid });
        let Answered { phone_info } = self
            .post(endpoint, body)
            .await
            .map_err(Error::burning_the_code)?;
        if phone_info.watermark.appid != self.app_id() {
            return Err(Error::Unbelievable {
                endpoint,
                what: "the watermark of another app",
            });
        }
        let pure_number = phone_info.pure_phone_number.ok_or(Error::Unbelievable {
            endpoint,
            what: "no number",
        })?;
        let country_code = phone_info.country_code.unwrap_or_else(|| "86".to_owned());
        Ok(Phone {
            pure_number,
            country_code,
        })
    }
}
