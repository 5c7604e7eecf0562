//! Answers of one JSON document a line, for tools that read them one by one.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::Problem;

/// The lines.
pub(crate) fn json_lines<T: Serialize>(documents: &[T]) -> Result<Response, Problem> {
    let mut text = String::new();
    for document in documents {
        let line = serde_json::to_string(document)
            .map_err(|error| Problem::internal(format!("a line cannot be written: {error}")))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(([(header::CONTENT_TYPE, "application/jsonl")], text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_document_has_a_line_of_its_own() {
        let answer = json_lines(&[serde_json::json!({"a": "x\ny"}), serde_json::json!(2)]).unwrap();
        let body = axum::body::to_bytes(answer.into_body(), 1_000).await.unwrap();
        assert_eq!(&body[..], b"{\"a\":\"x\\ny\"}\n2\n");
    }
}
