//! Where a client's `fetch` sends its requests.

use wasm_bindgen::prelude::*;

use super::options::parse_url;
use super::thrown;
use crate::base_url::{BaseUrl, is_whole};
use crate::error::{Code, Error, Result};

/// Resolves what `fetch` is given.
#[wasm_bindgen]
pub struct Addresses {
    base_url: Option<BaseUrl>,
}

#[wasm_bindgen]
impl Addresses {
    /// `base_url` was checked, or is not there.
    #[wasm_bindgen(constructor)]
    pub fn new(#[wasm_bindgen(js_name = baseUrl)] base_url: Option<String>) -> Self {
        let address = base_url.and_then(|base_url| parse_url(&base_url));
        Self { base_url: address.as_ref().map(BaseUrl::new) }
    }

    /// The whole address of `input`: a path is appended to `baseUrl`, a whole address must lie under it,
    /// unless it `may_leave`.
    ///
    /// # Errors
    /// `P4P_INVALID_OPTIONS` for a path without `baseUrl` and for what is no address,
    /// `P4P_FORBIDDEN_ORIGIN`.
    pub fn resolve(
        &self,
        input: &str,
        #[wasm_bindgen(js_name = mayLeave)] may_leave: bool,
    ) -> std::result::Result<String, JsValue> {
        thrown(self.href(input, may_leave))
    }
}

impl Addresses {
    fn href(&self, input: &str, may_leave: bool) -> Result<String> {
        let joined = match &self.base_url {
            _ if is_whole(input) => None,
            Some(base_url) => Some(base_url.join(input)),
            None => return Err(BaseUrl::missing()),
        };
        let text = joined.as_deref().unwrap_or(input);
        let href = web_sys::Url::new(text)
            .map_err(|_| Error::option("input", "an address or a path", "neither"))?
            .href();
        let is_inside = self.base_url.as_ref().is_some_and(|base_url| base_url.covers(&href));
        if is_inside || may_leave {
            return Ok(href);
        }
        let message = "expected an address under `baseUrl`, found another".to_owned();
        Err(Error::boxed(Code::ForbiddenOrigin, message))
    }
}
