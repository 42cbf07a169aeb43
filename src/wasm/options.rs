//! Reads the caller's options from JavaScript.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::runtime::in_browser;
use super::value::{bare_object, get, kind, own, set, to_js};
use crate::error::{Error, Result};
use crate::options::{
    Address, ClientOptions, ClientPolicy, GivenOptions, OPTION_TYPES, Options, check_type,
    invalid_option,
};

/// Reads the own properties of `options`, each once. Inherited ones are ignored: a polluted
/// `Object.prototype` could send the keys elsewhere. A wrong type is an error with the option's name.
/// It is found before serde reads the value, because serde's errors quote values.
fn read(options: &JsValue) -> Result<GivenOptions> {
    if !options.is_object() {
        return Err(Error::option("options", "an object", &kind(options)));
    }
    let plain = bare_object();
    for (name, _) in OPTION_TYPES {
        let given = own(options, name)
            .map_err(|_| Error::option(name, "readable", "a getter that throws"))?;
        check_type(name, &kind(&given))?;
        if !given.is_undefined() {
            set(&plain, name, &given);
        }
    }
    serde_wasm_bindgen::from_value(plain)
        .map_err(|_| Error::option("options", "plain data", "something else"))
}

/// Reads and validates the options of an exchange.
pub fn exchange(options: &JsValue) -> Result<Options> {
    Options::check(&mut read(options)?, parse_url, in_browser())
}

/// Reads and validates the options of a client. Returns its policy as a plain record.
pub fn client(options: &JsValue) -> Result<JsValue> {
    let mut given = read(options)?;
    let exchange = Options::check(&mut given, parse_url, in_browser())?;
    let client = ClientOptions::check(&given, exchange.is_documented, parse_url)?;
    let has_store = own(options, "store").is_ok_and(|store| !store.is_undefined());
    Ok(to_js(&ClientPolicy::new(&exchange, &client, has_store)))
}

/// Reads and validates the options of a client without keys. Returns its base URL.
pub fn keyless(options: &JsValue) -> Result<String> {
    let client = ClientOptions::check(&read(options)?, false, parse_url)?;
    client.base_url.ok_or_else(|| invalid_option("baseUrl", "nothing"))
}

/// Returns the given `fetch`, or the platform's. The latter is looked up each time, because tests and
/// frameworks replace it.
pub fn fetch(given: Option<Function>) -> Result<Function> {
    let fetch = given.map_or_else(|| get(&js_sys::global(), "fetch"), JsValue::from);
    let found = kind(&fetch);
    fetch.dyn_into().map_err(|_| Error::option("fetch", "a function", &found))
}

/// Parses an address as the platform's fetch does.
pub fn parse_url(text: &str) -> Option<Address> {
    let url = web_sys::Url::new(text).ok()?;
    let part = |name: &str| get(&url, name).as_string().unwrap_or_default();
    Some(Address {
        href: part("href"),
        scheme: part("protocol").trim_end_matches(':').to_owned(),
        host: part("hostname"),
        has_user_info: !part("username").is_empty() || !part("password").is_empty(),
    })
}
