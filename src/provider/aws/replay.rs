//! Answers requests of real SDK clients from written answers, and keeps what was asked.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

/// A request in the query protocol, or in JSON: field by name, lists as JSON. Of one in CBOR the operation is the field
/// `Action`, and the body as text, as far as it is some, the field `Body`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Asked {
    pub(super) fields: BTreeMap<String, String>,
    /// Id of the access key that signed it.
    pub(super) key: String,
}

impl Asked {
    /// A field; empty where it was not sent.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// The operation.
    pub(super) fn action(&self) -> &str {
        self.field("Action")
    }

    fn read(request: &HttpRequest) -> Self {
        let bytes = request.body().bytes().unwrap_or_default();
        if let Some(target) = request.headers().get("x-amz-target") {
            return Self::in_json(target, bytes, request);
        }
        // Image Builder names the operation in the path, and speaks JSON.
        let path = request.uri().split('?').next().unwrap_or_default();
        let operation = path.rsplit('/').next().unwrap_or_default();
        if operation.starts_with(char::is_uppercase) && !path.contains("/operation/") {
            return Self::in_json(operation, if bytes.is_empty() { b"{}" } else { bytes }, request);
        }
        let fields = match request.uri().rsplit_once("/operation/") {
            Some((_, operation)) => {
                let body = String::from_utf8_lossy(bytes).into_owned();
                [("Action".to_owned(), operation.to_owned()), ("Body".to_owned(), body)].into()
            }
            None => std::str::from_utf8(bytes)
                .unwrap()
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
        };
        Self { fields, key: signed_by(request) }
    }

    fn in_json(target: &str, body: &[u8], request: &HttpRequest) -> Self {
        let told: serde_json::Map<String, Value> = serde_json::from_slice(body).unwrap();
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let mut fields: BTreeMap<_, _> = told.into_iter().map(|(name, value)| (name, text(value))).collect();
        fields.insert("Action".to_owned(), target.rsplit('.').next().unwrap().to_owned());
        Self { fields, key: signed_by(request) }
    }
}

/// Id of the access key.
fn signed_by(request: &HttpRequest) -> String {
    let signed = request.headers().get("authorization").unwrap_or_default();
    let key = signed.split_once("Credential=").and_then(|(_, rest)| rest.split_once('/'));
    key.map(|(key, _)| key.to_owned()).unwrap_or_default()
}

/// When every answer was given, by the server's clock.
pub(super) const DATE: &str = "Tue, 05 Nov 2024 03:00:00 GMT";

/// What is answered.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// An HTTP answer.
    Http(u16, String),
    /// An HTTP answer in CBOR.
    Cbor(u16, Vec<u8>),
    /// The connection is cut after the request was sent.
    Cut,
    /// Nothing is ever answered.
    Never,
}

impl Answer {
    /// A sound answer.
    pub(super) fn ok(body: impl Into<String>) -> Self {
        Self::Http(200, body.into())
    }

    /// A sound answer of CloudWatch. `{ "$time": seconds }` is an instant.
    pub(super) fn cbor(value: &Value) -> Self {
        let mut bytes = Vec::new();
        write_cbor(value, &mut bytes);
        Self::Cbor(200, bytes)
    }

    /// An error in CloudWatch's words.
    pub(super) fn cbor_error(status: u16, code: &str) -> Self {
        let Self::Cbor(_, bytes) = Self::cbor(&json!({ "__type": code, "message": "no" })) else {
            unreachable!()
        };
        Self::Cbor(status, bytes)
    }

    /// An error in EC2's own words.
    pub(super) fn ec2_error(status: u16, code: &str) -> Self {
        Self::Http(
            status,
            format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors>\
                 <RequestID>r</RequestID></Response>"
            ),
        )
    }

    /// An error in the words of the services that speak JSON.
    pub(super) fn json_error(status: u16, code: &str) -> Self {
        Self::Http(status, format!("{{\"__type\":\"{code}\",\"message\":\"no\"}}"))
    }

    /// An error in the words of every other service.
    pub(super) fn error(status: u16, code: &str) -> Self {
        Self::Http(
            status,
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error>\
                 <RequestId>r</RequestId></ErrorResponse>"
            ),
        )
    }
}

type Answers = dyn Fn(&Asked) -> Answer + Send + Sync;

/// The HTTP client.
#[derive(Clone)]
pub(super) struct Replay {
    answers: Arc<Answers>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Replay {
    /// Answers with a function of the request.
    pub(super) fn new(answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self { answers: Arc::new(answers), asked: Arc::default() }
    }

    /// Everything that was sent.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How often an operation was sent.
    pub(super) fn count(&self, action: &str) -> usize {
        self.asked().iter().filter(|asked| asked.action() == action).count()
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Replay")
    }
}

impl HttpClient for Replay {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let asked = Asked::read(&request);
        let answer = (self.answers)(&asked);
        self.asked.lock().unwrap().push(asked);
        if matches!(answer, Answer::Never) {
            return HttpConnectorFuture::new(std::future::pending());
        }
        HttpConnectorFuture::ready(match answer {
            Answer::Http(status, body) => {
                let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
                response.headers_mut().insert("x-amzn-requestid", "request-1");
                response.headers_mut().insert("date", DATE);
                Ok(response)
            }
            Answer::Cbor(status, body) => {
                let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
                response.headers_mut().insert("smithy-protocol", "rpc-v2-cbor");
                response.headers_mut().insert("content-type", "application/cbor");
                Ok(response)
            }
            Answer::Cut | Answer::Never => Err(ConnectorError::io("connection reset by peer".into())),
        })
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Writes what JSON can say as CBOR (RFC 8949).
fn write_cbor(value: &Value, to: &mut Vec<u8>) {
    /// The count follows in two bytes.
    const SHORT: u8 = 0x19;
    let mut head = |major: u8, count: usize| {
        to.push(major << 5 | SHORT);
        to.extend(u16::try_from(count).unwrap().to_be_bytes());
    };
    match value {
        Value::Null => to.push(0xf6),
        Value::Bool(no) => to.push(0xf4 + u8::from(*no)),
        Value::Number(number) => {
            to.push(0xfb);
            to.extend(number.as_f64().unwrap().to_be_bytes());
        }
        Value::String(text) => {
            head(3, text.len());
            to.extend(text.as_bytes());
        }
        Value::Array(items) => {
            head(4, items.len());
            for item in items {
                write_cbor(item, to);
            }
        }
        Value::Object(fields) => {
            if let Some(seconds) = fields.get("$time") {
                to.push(0xc1);
                return write_cbor(seconds, to);
            }
            head(5, fields.len());
            for (name, value) in fields {
                write_cbor(&json!(name), to);
                write_cbor(value, to);
            }
        }
    }
}
