// A testee: it has a client carry out what it is asked to, a line of JSON each.
//
// In this folder:
//
//	go build -o testee client.go testee.go
//	mockserver check client -- ./testee

package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"time"
)

type question struct {
	ID          int                    `json:"id"`
	Do          string                 `json:"do"`
	Operation   string                 `json:"operation"`
	BaseURL     string                 `json:"base_url"`
	Credentials struct{ Token string } `json:"credentials"`
	Payload     json.RawMessage        `json:"payload"` // sent as it came, so that no number is rounded
	Timeout     float64                `json:"timeout"` // in seconds
}

func main() {
	questions, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var ask question
		if err := questions.Decode(&ask); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		answer := hello()
		if ask.Do == "generate" {
			answer = generate(ask)
		}
		answer["id"] = ask.ID
		if err := answers.Encode(answer); err != nil {
			log.Fatal(err)
		}
	}
}

func hello() map[string]any {
	operations := []string{"kling/omni-image", "kling/omni-video"}
	return map[string]any{"name": "my-client", "version": "1", "operations": operations, "big_numbers": true}
}

func generate(ask question) map[string]any {
	timeout := time.Duration(ask.Timeout * float64(time.Second))
	client := Kling{ask.BaseURL, ask.Credentials.Token, time.Now().Add(timeout)}
	id, urls, err := client.Generate(ask.Operation, ask.Payload)
	if err == nil {
		return map[string]any{"outcome": "succeed", "task_id": id, "urls": urls}
	}
	answer := map[string]any{"outcome": "error", "message": err.Error()}
	var failure *KlingError
	if errors.As(err, &failure) {
		answer["outcome"] = failure.Outcome
		for name, fact := range failure.Facts {
			answer[name] = fact
		}
	}
	return answer
}
