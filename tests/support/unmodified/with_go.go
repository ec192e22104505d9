// A client of Go's net/http.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

type answer struct {
	Data struct {
		TaskID     string `json:"task_id"`
		TaskStatus string `json:"task_status"`
		TaskResult struct {
			Images []struct {
				URL string `json:"url"`
			} `json:"images"`
		} `json:"task_result"`
	} `json:"data"`
}

func ask(method, url, body string) []byte {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	if !strings.Contains(url, "/results/") {
		request.Header.Set("Authorization", "Bearer me")
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	found, err := io.ReadAll(response.Body)
	if err != nil {
		panic(err)
	}
	return found
}

func parsed(text []byte) answer {
	var found answer
	if err := json.Unmarshal(text, &found); err != nil {
		panic(err)
	}
	return found
}

func main() {
	images := "https://api-singapore.klingai.com/v1/images/omni-image"
	if len(os.Args) > 1 {
		images = os.Args[1] + "/v1/images/omni-image"
	}
	task := parsed(ask("POST", images, `{"prompt": "A cat"}`)).Data.TaskID
	found := parsed(ask("GET", images+"/"+task, ""))
	for found.Data.TaskStatus != "succeed" {
		time.Sleep(100 * time.Millisecond)
		found = parsed(ask("GET", images+"/"+task, ""))
	}
	url := found.Data.TaskResult.Images[0].URL
	fmt.Println(url, string(ask("GET", url, "")[1:4]))
}
