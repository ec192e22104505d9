"""Documents of task APIs, written for the tests: each in a style that such APIs have."""

from __future__ import annotations

from mockserver.types import JSON

PLAIN = """\
openapi: 3.1.0
info: {title: Plain pictures, version: 1.0.0}
servers: [{url: https://api.plain.example/v2}]
paths:
  /generations:
    post:
      summary: Make pictures
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Order"}
      responses:
        "202":
          description: It was taken.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Job"}
        "402":
          description: No money.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Problem"}
              example: {error: {type: billing, message: Top up your balance first}}
  /generations/{generationId}:
    parameters:
      - {name: generationId, in: path, required: true, schema: {type: string}}
    get:
      responses:
        "200":
          description: The job.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Job"}
        "404":
          description: No such job.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Problem"}
              example: {error: {type: not_found, message: There is no such generation}}
    put:
      responses: {"200": {description: Renamed.}}
  /generations/{generationId}/cancel:
    post:
      responses: {"200": {description: Cancelled.}}
components:
  schemas:
    Order:
      type: object
      required: [prompt]
      properties:
        prompt: {type: string, description: What to draw. At most 900 characters.}
        model: {type: string, enum: [plain-1, plain-2], default: plain-1}
        numImages: {type: integer, minimum: 1, maximum: 4, default: 1}
        aspectRatio: {type: string, enum: ["1:1", "16:9", "9:16"], default: "1:1"}
        seed: {type: integer, nullable: true}
        webhookUrl: {type: string, format: uri, description: Called when the job has ended.}
        style:
          oneOf: [{type: string}, {type: object, properties: {name: {type: string}}, required: [name]}]
      example: {prompt: A boat on a lake, numImages: 2}
    Job:
      type: object
      required: [id, status, createdAt]
      properties:
        id: {type: string, format: uuid, example: 3f0c3a0e-7d0c-4b0e-9f6e-0d6f2f3b5a11}
        status: {type: string, enum: [queued, running, completed, failed, canceled]}
        createdAt: {type: string, format: date-time}
        output: {type: array, items: {type: string, format: uri}}
        error:
          type: object
          properties: {message: {type: string}}
    Problem:
      type: object
      required: [error]
      properties:
        error:
          type: object
          required: [type, message]
          properties: {type: {type: string}, message: {type: string}}
"""
"""Everything named: a 202, a UUID, a list of URLs, an error inside an error."""

WRAPPED = """\
openapi: 3.0.3
info: {title: Wrapped films, version: "1"}
servers: [{url: "https://{region}.wrapped.example", variables: {region: {default: eu}}}]
paths:
  /api/v1/video/tasks:
    post:
      operationId: createTask
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [input]
              properties:
                model_name: {type: string, description: "模型名称，枚举值：wrap-1, wrap-2；默认值：wrap-1"}
                input:
                  type: object
                  required: [prompt]
                  properties:
                    prompt: {type: string, description: 提示词，不能超过1000个字符}
                    duration: {type: integer, description: "时长，取值范围：[3, 10]，默认为5"}
                    mode: {type: string, description: "Enumerated values: std, pro. Defaults to std"}
                    image_urls: {type: array, items: {type: string}, description: 最多4张}
                    last_image: {type: string, description: Required when mode is pro. The last picture.}
                callback_url: {type: string, description: 回调地址}
      responses:
        "200":
          description: ok
          content:
            application/json:
              example:
                code: 0
                message: success
                request_id: 7a6b
                data: {task_id: "8123", task_status: submitted, created_at: 1733836800000, updated_at: 1733836800000}
    get:
      parameters:
        - {name: pageNum, in: query, schema: {type: integer}, description: "Value range: [1, 1000]"}
        - {name: pageSize, in: query, schema: {type: integer}, description: "Value range: [1, 500]. Default: 30"}
      responses:
        "200":
          description: ok
          content:
            application/json:
              example:
                code: 0
                message: success
                request_id: 7a6b
                data:
                  - {task_id: "8123", task_status: succeed, created_at: 1733836800000, updated_at: 1733836800000}
  /api/v1/video/tasks/{task_id}:
    get:
      parameters: [{name: task_id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: ok
          content:
            application/json:
              example:
                code: 0
                message: success
                request_id: 7a6b
                data:
                  task_id: "8123"
                  task_status: succeed
                  task_status_msg: ""
                  created_at: 1733836800000
                  updated_at: 1733836800000
                  task_result: {videos: [{id: v1, url: "https://cdn.wrapped.example/1.mp4", duration: "5.041"}]}
        "400":
          description: bad
          content:
            application/json:
              example: {code: 1201, message: Invalid parameter, request_id: 7a6b}
    delete:
      parameters: [{name: task_id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: ok
          content: {application/json: {example: {code: 0, message: success, data: {task_id: "8123"}}}}
"""
"""All in an envelope, and only by example; the limits are prose, in Chinese and in English."""

ASKED = """\
openapi: 3.0.0
info: {title: Asked for, version: "1"}
servers: [{url: https://api.asked.example/api/v1}]
paths:
  /jobs/createTask:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [model, input]
              properties:
                model: {type: string, enum: [asked/text-to-video]}
                callBackUrl: {type: string, format: uri}
                input:
                  type: object
                  required: [prompt]
                  properties:
                    prompt: {type: string, maxLength: 5000}
                    aspect_ratio: {type: string, enum: ["16:9", "9:16"]}
                    duration: {type: string, enum: ["5", "10"]}
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties:
                  code: {type: integer, example: 200}
                  msg: {type: string, example: success}
                  data: {type: object, properties: {taskId: {type: string}}}
  /jobs/recordInfo:
    get:
      parameters: [{name: taskId, in: query, required: true, schema: {type: string}}]
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties:
                  code: {type: integer, example: 200}
                  msg: {type: string, example: success}
                  data:
                    type: object
                    properties:
                      taskId: {type: string}
                      model: {type: string}
                      state: {type: string, enum: [waiting, queuing, generating, success, fail]}
                      videoUrl: {type: string, example: "https://cdn.asked.example/1.mp4"}
                      failMsg: {type: string}
                      createTime: {type: integer, example: 1733836800000}
                      completeTime: {type: integer, nullable: true, example: 1733836900000}
                      progress: {type: integer}
"""
"""A task is named in the query, and has one result whose URL stands alone."""

GATEWAY = """\
# A gateway

Some words before it, and a block of another language:

```json
{"not": "a description"}
```

```yaml
openapi: 3.0.1
info: {title: '', version: 1.0.0}
paths:
  /hub/v1/images/omni-image:
    post:
      summary: Pictures
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                model_name:
                  type: string
                  description: The model Enumeration value: kling-image-o1
                prompt:
                  type: string
                  description: |-
                    What to draw.
                    Cannot exceed 2500 characters.
                n:
                  type: integer
                  description: |-
                    How many pictures
                    Value range: [1, 9]
              required: [model_name, prompt]
            example: {model_name: kling-image-o1, prompt: A boat}
      responses:
        '200': {description: '', content: {application/json: {schema: {type: object, properties: {}}}}}
servers: [{url: https://api.hub.example}]
```
"""
"""Markdown around YAML with an unquoted colon, and answers of which nothing is said: a gateway to Kling."""

DOCUMENTS: dict[str, str] = {"plain": PLAIN, "wrapped": WRAPPED, "asked": ASKED, "gateway": GATEWAY}


def minimal(**changed: JSON) -> JSON:
    """Return the smallest document that makes a service, with some of its parts replaced."""
    answer = {"id": "8123", "status": "queued", "url": "https://cdn.example/1.png"}
    response = {"200": {"description": "", "content": {"application/json": {"example": answer}}}}
    body = {
        "content": {"application/json": {"schema": {"type": "object", "properties": {"prompt": {"type": "string"}}}}}
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Minimal", "version": "1"},
        "paths": {
            "/pictures": {"post": {"requestBody": body, "responses": response}},
            "/pictures/{id}": {"get": {"responses": response}},
        },
        **changed,
    }
