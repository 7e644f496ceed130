/// OpenAI's wire, shared by services, command line and benchmark: what requests and answers look
/// like ([io.dipper.openaiapi.wire]), how a client's JSON is read ([io.dipper.openaiapi.json]), how
/// events are framed ([io.dipper.openaiapi.sse]) and how refusals are told
/// ([io.dipper.openaiapi.ApiError]).
package io.dipper.openaiapi;
