//! The addresses of a client's `fetch`.

use wasm_bindgen::prelude::*;

use super::thrown;
use crate::base_url::{BaseUrl, is_absolute};
use crate::error::{Code, Error, Result};

/// Returns the absolute address of a request. If `input` is a path, it is appended to `baseUrl`, which
/// must be validated or absent. If `input` is an absolute address, it must be under `baseUrl`, unless
/// `mayLeave`.
///
/// # Errors
/// `P4P_INVALID_OPTIONS` for a path without `baseUrl` and for text that is not an address,
/// `P4P_FORBIDDEN_ORIGIN`.
#[wasm_bindgen(js_name = resolveAddress, unchecked_return_type = "string")]
pub fn resolve_address(
    #[wasm_bindgen(js_name = baseUrl)] base_url: Option<String>,
    input: &str,
    #[wasm_bindgen(js_name = mayLeave)] may_leave: bool,
) -> std::result::Result<JsValue, JsValue> {
    thrown(href(base_url.map(|href| BaseUrl::new(&href)), input, may_leave).map(JsValue::from))
}

fn href(base_url: Option<BaseUrl>, input: &str, may_leave: bool) -> Result<String> {
    let joined = match &base_url {
        _ if is_absolute(input) => None,
        Some(base_url) => Some(base_url.join(input)),
        None => return Err(BaseUrl::missing()),
    };
    let text = joined.as_deref().unwrap_or(input);
    let url = web_sys::Url::new(text)
        .map_err(|_| Error::option("input", "an address or a path", "neither"))?;
    let href = url.href();
    if may_leave || base_url.is_some_and(|base_url| base_url.covers(&href)) {
        return Ok(href);
    }
    // The rest of the address may hold a secret.
    let message =
        format!("expected an address under `baseUrl`, found one outside it, at {}", url.origin());
    Err(Error::boxed(Code::ForbiddenOrigin, message))
}
