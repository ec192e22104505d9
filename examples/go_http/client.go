// A client of the Kling API on Go's standard library. Put your own in its place.

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

var paths = map[string]string{
	"kling/omni-image": "/v1/images/omni-image",
	"kling/omni-video": "/v1/videos/omni-video",
}

const (
	pollEvery    = 100 * time.Millisecond // the real service wants some 5 s
	answerWithin = 5 * time.Second
	firstPause   = 500 * time.Millisecond
	tries        = 4
)

// After these there is no task, so a create may be sent again.
var refused = map[int]bool{429: true, 500: true, 503: true}

// After these there may be a task, so only a query may be sent again. 0 stands for no answer.
var lost = map[int]bool{0: true, 502: true, 504: true}

// Kling has its own deadline for all that one generation takes.
type Kling struct {
	BaseURL, Token string
	Deadline       time.Time
}

// KlingError says why there is no result: how it ended (error, failed or timeout), and what the service said of it.
type KlingError struct {
	Outcome, Message string
	Facts            map[string]any // http_status, code and request_id of an answer, and the task_id once there is one
}

func (e *KlingError) Error() string { return e.Message }

type task struct {
	ID      string `json:"task_id"`
	Status  string `json:"task_status"`
	Message string `json:"task_status_msg"`
	Result  struct {
		Series []result `json:"series_images"`
		Images []result `json:"images"`
		Videos []result `json:"videos"`
	} `json:"task_result"`
}

type result struct {
	URL string `json:"url"`
}

// Generate creates a task and waits for its end. It returns the task's id and the URLs of its results.
func (k Kling) Generate(operation string, payload []byte) (string, []string, error) {
	path := paths[operation]
	created, err := k.ask("POST", path, payload)
	if err != nil {
		return "", nil, err
	}
	urls, err := k.results(path + "/" + created.ID)
	var failure *KlingError
	if errors.As(err, &failure) {
		failure.Facts["task_id"] = created.ID
	}
	return created.ID, urls, err
}

// results polls a task to its end.
func (k Kling) results(path string) ([]string, error) {
	for time.Now().Before(k.Deadline) {
		time.Sleep(pollEvery)
		task, err := k.ask("GET", path, nil)
		if err != nil {
			return nil, err
		}
		switch task.Status {
		case "failed":
			return nil, &KlingError{"failed", task.Message, map[string]any{}}
		case "succeed":
			return task.urls(), nil
		}
	}
	return nil, &KlingError{"timeout", "the task has not ended in time", map[string]any{}}
}

func (t task) urls() []string {
	urls := []string{}
	for _, results := range [][]result{t.Result.Series, t.Result.Images, t.Result.Videos} {
		for _, each := range results {
			urls = append(urls, each.URL)
		}
	}
	return urls
}

// ask sends a request, and again where that may help. It returns the task that the last answer shows.
func (k Kling) ask(method, path string, payload []byte) (*task, error) {
	for attempt := 1; ; attempt++ {
		status, header, body := k.send(method, path, payload)
		pause := retryAfter(header)
		if pause == 0 {
			pause = firstPause << (attempt - 1)
		}
		passes := refused[status] || method == "GET" && lost[status]
		if !passes || attempt == tries || time.Now().Add(pause).After(k.Deadline) {
			return read(status, body)
		}
		time.Sleep(pause)
	}
}

// send returns what an answer consists of. The status is 0 if there is none.
func (k Kling) send(method, path string, payload []byte) (int, http.Header, []byte) {
	request, err := http.NewRequest(method, k.BaseURL+path, bytes.NewReader(payload))
	if err != nil {
		return 0, nil, []byte(err.Error())
	}
	request.Header.Set("Authorization", "Bearer "+k.Token)
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Timeout: answerWithin}).Do(request)
	if err != nil {
		return 0, nil, []byte(err.Error())
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, []byte(err.Error())
	}
	return response.StatusCode, response.Header, body
}

// retryAfter reads the header in either form. It returns 0 if it is not there.
func retryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return time.Until(at) + 100*time.Millisecond
	}
	return 0
}

// read returns the task that an answer shows. An answer that shows none is an error, even with status 200.
func read(status int, text []byte) (*task, error) {
	var body struct {
		Code      *int    `json:"code"`
		Message   string  `json:"message"`
		RequestID *string `json:"request_id"`
		Data      *task   `json:"data"`
	}
	err := json.Unmarshal(text, &body)
	if err == nil && status == http.StatusOK && body.Code != nil && *body.Code == 0 && body.Data != nil {
		return body.Data, nil
	}
	message := body.Message
	if message == "" {
		message = fmt.Sprintf("not an answer of the service: %.100s", text)
	}
	facts := map[string]any{"http_status": status, "code": body.Code, "request_id": body.RequestID}
	if status == 0 {
		facts = map[string]any{}
	}
	return nil, &KlingError{"error", message, facts}
}
