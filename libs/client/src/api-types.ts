/** Generated from the OpenAPI document of the api by `npm run client:types`. Do not edit. */
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description An invalid field. */
        FieldError: {
            /**
             * @description The name of the field; nested fields are joined with dots.
             * @example username
             */
            field: string;
            /**
             * @description What is wrong with it.
             * @example username must have 3 to 50 characters
             */
            message: string;
        };
        /** @description The body of every problem (RFC 9457). */
        ProblemDetails: {
            /**
             * @description Always `about:blank`: branch on `code`.
             * @example about:blank
             * @enum {string}
             */
            type: "about:blank";
            /**
             * @description The name of the HTTP status.
             * @example Bad Request
             */
            title: string;
            /**
             * @description The HTTP status.
             * @example 400
             */
            status: number;
            /**
             * @description What happened and what to do, for users.
             * @example Some fields are missing or invalid. See "errors".
             */
            detail: string;
            /**
             * @description The path of the request.
             * @example /auth/register
             */
            instance: string;
            /**
             * @description The problem, for programs to branch on.
             * @example validation_failed
             * @enum {string}
             */
            code: "validation_failed" | "malformed_request" | "file_missing" | "empty_file" | "callback_secret_missing" | "invalid_credentials" | "unauthorized" | "password_incorrect" | "registration_closed" | "email_disabled" | "email_missing" | "email_already_verified" | "link_invalid" | "not_found" | "method_not_allowed" | "request_timeout" | "upload_too_slow" | "username_taken" | "email_taken" | "too_many_webhooks" | "webhook_disabled" | "not_finished" | "job_failed" | "job_canceled" | "cancel_not_possible" | "retry_not_possible" | "source_expired" | "payload_too_large" | "unsupported_media_type" | "range_not_satisfiable" | "expectation_failed" | "headers_too_large" | "too_many_requests" | "too_many_uploads" | "internal_error" | "too_busy" | "storage_unavailable" | "database_unavailable" | "output_not_found";
            /**
             * @description Identifies the request in the log of the service. `null` if the request could not be read.
             * @example 6f1c3b1e-4a55-4f0e-9d8e-1f7f0e6f4c55
             */
            request_id: string | null;
            /** @description With `validation_failed` only: the invalid fields, up to 20. */
            errors?: components["schemas"]["FieldError"][];
        };
        Liveness: {
            /**
             * @description Always `ok`: the process answers.
             * @example ok
             * @enum {string}
             */
            status: "ok";
        };
        /** @description The result of a check. */
        CheckResult: {
            /**
             * @description Whether it works.
             * @example up
             * @enum {string}
             */
            status: "up" | "down";
            /**
             * @description Whether the api is not ready while it is down.
             * @example true
             */
            required: boolean;
            /**
             * @description A sentence for operators.
             * @example 1 worker is connected.
             */
            detail?: string;
        };
        /** @description Whether uploads are accepted, and the checks behind it. */
        HealthReport: {
            /**
             * @description `ok`: all is well. `degraded`: something optional is down, such as the workers: uploads are accepted and wait. `unavailable`: something required is down.
             * @example ok
             * @enum {string}
             */
            status: "ok" | "degraded" | "unavailable";
            /**
             * @description The checks by name: `database`, `broker`, `storage`, `workers`, and `draining` while the process ends.
             * @example {
             *       "database": {
             *         "status": "up",
             *         "required": true
             *       },
             *       "workers": {
             *         "status": "up",
             *         "required": false,
             *         "detail": "1 worker is connected."
             *       }
             *     }
             */
            checks: {
                [key: string]: components["schemas"]["CheckResult"];
            };
        };
        Registration: {
            /**
             * @description Letters and digits of one alphabet and `. _ - + @`, no invisible or full-width characters. Upper and lower case are the same name.
             * @example ada
             */
            username: string;
            /**
             * Format: password
             * @description At least 8 characters, and at most 72 bytes in UTF-8.
             * @example correct horse battery
             */
            password: string;
            /**
             * Format: email
             * @description The email address of the owner.
             * @example ada@example.org
             */
            email?: string | null;
        };
        User: {
            /**
             * @description The number of the account.
             * @example 1
             */
            id: number;
            /**
             * @description The name as it was registered.
             * @example ada
             */
            username: string;
            /**
             * Format: email
             * @description The email address as it was registered; null without one.
             * @example ada@example.org
             */
            email: string | null;
            /**
             * @description Whether the email address was confirmed with a link sent to it. No other emails are sent before.
             * @example false
             */
            email_verified: boolean;
            /**
             * @description Whether uploads that do not set `notify` send an email when they end.
             * @example false
             */
            notify_email: boolean;
            /**
             * Format: date-time
             * @description When the account was created, in UTC.
             * @example 2026-01-31T12:00:00.000Z
             */
            created_at: string;
        };
        Credentials: {
            /**
             * @description The name of the account, in upper or lower case.
             * @example ada
             */
            username: string;
            /**
             * Format: password
             * @description Its password.
             * @example correct horse battery
             */
            password: string;
            /**
             * @description Part of the OAuth2 form. Accepted but not needed.
             * @example password
             * @enum {string|null}
             */
            grant_type?: "" | "password" | null;
            /**
             * @description Part of the OAuth2 form. Accepted but not needed.
             * @example
             */
            scope?: string | null;
            /**
             * @description Part of the OAuth2 form. Accepted but not needed.
             * @example
             */
            client_id?: string | null;
            /**
             * @description Part of the OAuth2 form. Accepted but not needed.
             * @example
             */
            client_secret?: string | null;
        };
        AccessToken: {
            /**
             * @description Send it as `Authorization: Bearer …`.
             * @example eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl
             */
            access_token: string;
            /**
             * @description Always `bearer`.
             * @example bearer
             * @enum {string}
             */
            token_type: "bearer";
            /**
             * @description Seconds until it expires.
             * @example 86400
             */
            expires_in: number;
        };
        ProfileChange: {
            /**
             * @description Whether uploads that do not set `notify` send an email when they end.
             * @example true
             */
            notify_email?: boolean | null;
        };
        PasswordChange: {
            /**
             * Format: password
             * @description The password of the account.
             * @example correct horse battery
             */
            current_password: string;
            /**
             * Format: password
             * @description At least 8 characters, and at most 72 bytes in UTF-8.
             * @example another horse battery
             */
            new_password: string;
        };
        PasswordResetRequest: {
            /**
             * Format: email
             * @description The verified email address of the account.
             * @example ada@example.org
             */
            email: string;
        };
        NewPassword: {
            /**
             * Format: password
             * @description At least 8 characters, and at most 72 bytes in UTF-8.
             * @example correct horse battery
             */
            password: string;
        };
        ConversionJobLinks: {
            /**
             * @description The path of the status.
             * @example /media/0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11/status
             */
            status: string;
            /**
             * @description The path of the MP3. Absent until the job is `DONE`.
             * @example /media/0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11/download
             */
            download?: string;
        };
        /** @description The conversion of one video to MP3. */
        ConversionJob: {
            /**
             * Format: uuid
             * @description Identifies the job in paths.
             * @example 0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11
             */
            id: string;
            /**
             * @description `PENDING`: waits for a worker. `PROCESSING`: is being converted. `DONE`: the MP3 can be downloaded. `FAILED`: `error` gives the reason. `CANCELED`: its owner canceled it. A job that is retried returns to `PENDING`.
             * @example DONE
             * @enum {string}
             */
            status: "PENDING" | "PROCESSING" | "DONE" | "FAILED" | "CANCELED";
            /**
             * Format: date-time
             * @description When the upload was accepted, in UTC.
             * @example 2026-01-31T12:00:00.000Z
             */
            created_at: string;
            /**
             * @description The reason if the job is `FAILED`, otherwise null.
             *
             *     - `no_audio_stream`: The file has no audio track. Upload a video that has one.
             *     - `unsupported_format`: The audio format is not supported. Use AAC, MP3, Opus, Vorbis, FLAC, ALAC, AC-3, DTS or PCM.
             *     - `corrupt_source`: The file is damaged or incomplete. Check that it plays to its end, then upload it again.
             *     - `encrypted_media`: The file is encrypted (DRM). Upload a file without copy protection.
             *     - `too_long`: The audio is longer than this service accepts. Cut the video into shorter parts.
             *     - `timed_out`: The conversion took too long and was stopped. (Can be temporary.)
             *     - `ffmpeg_failed`: The converter stopped unexpectedly on this file. (Can be temporary.)
             *     - `resource_limit`: The conversion exceeded its limit of memory, processor time or disk space. (Can be temporary.)
             *     - `storage_upload_failed`: The MP3 could not be stored. (Can be temporary.)
             *     - `storage_download_failed`: The uploaded video could not be read from storage. (Can be temporary.)
             *     - `output_not_found`: The MP3 is no longer in storage. Upload the video again.
             *     - `attempts_exhausted`: The converter stopped in every attempt. The file may need more resources than the service has.
             *     - `unknown_error`: The conversion failed for an unexpected reason. (Can be temporary.)
             * @example null
             * @enum {string|null}
             */
            error: "no_audio_stream" | "unsupported_format" | "corrupt_source" | "encrypted_media" | "too_long" | "timed_out" | "ffmpeg_failed" | "resource_limit" | "storage_upload_failed" | "storage_download_failed" | "output_not_found" | "attempts_exhausted" | "unknown_error" | null;
            /**
             * @description A sentence for users: what happened and what to do.
             * @example null
             */
            error_message: string | null;
            /**
             * @description True if another attempt with the same video can succeed. Null unless the job has failed.
             * @example null
             */
            retryable: boolean | null;
            /**
             * @description The name of the video, without a path.
             * @example clip.mp4
             */
            filename: string;
            /**
             * Format: int64
             * @description The size of the video in bytes.
             * @example 1048576
             */
            size: number;
            /**
             * @description The progress of the current attempt in percent; 100 when it is done.
             * @example 100
             */
            progress: number;
            /**
             * @description The number of attempts so far.
             * @example 1
             */
            attempt: number;
            /**
             * @description The duration of the MP3 in seconds. Null until the job is `DONE`.
             * @example 5.039
             */
            duration: number | null;
            /**
             * Format: int64
             * @description The size of the MP3 in bytes. Null until the job is `DONE`.
             * @example 81441
             */
            output_size: number | null;
            /**
             * @description The SHA-256 checksum of the MP3. Null until the job is `DONE`.
             * @example b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9
             */
            output_sha256: string | null;
            /**
             * @description `encoded`: the audio of the video was encoded. `copied`: the audio was already MP3 and was copied unchanged. Null until the job is `DONE`.
             * @example encoded
             * @enum {string|null}
             */
            encoding: "encoded" | "copied" | null;
            /**
             * @description Increases with every change.
             * @example 7
             */
            revision: number;
            /**
             * Format: date-time
             * @description When the last attempt started, in UTC. Null while the job is PENDING.
             * @example 2026-01-31T12:00:01.000Z
             */
            started_at: string | null;
            /**
             * Format: date-time
             * @description When the job ended, in UTC. Null until then.
             * @example 2026-01-31T12:00:05.000Z
             */
            finished_at: string | null;
            /** @description Paths for the next requests. */
            links: components["schemas"]["ConversionJobLinks"];
        };
        ConversionJobList: {
            /** @description The jobs, newest first. */
            items: components["schemas"]["ConversionJob"][];
            /**
             * @description The `cursor` of the next page; null if there is none. A page can be short and still have a next one.
             * @example MTc2OTg2MDgwMDEyMzQ1Ni4wYjBmNGUwYy02ZDBjLTRiYjctOWMzOS01ZDBmNmM4ZDFmMTE
             */
            next_cursor: string | null;
        };
        /** @description Either `ids` or `status`. */
        JobSelection: {
            /**
             * @description The ids of the jobs.
             * @example [
             *       "0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11"
             *     ]
             */
            ids?: string[] | null;
            /**
             * @description All jobs with one of these statuses.
             * @example [
             *       "DONE",
             *       "FAILED"
             *     ]
             */
            status?: ("PENDING" | "PROCESSING" | "DONE" | "FAILED" | "CANCELED")[] | null;
        };
        ChangedJobs: {
            /**
             * @description The ids of the jobs that were changed.
             * @example [
             *       "0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11"
             *     ]
             */
            ids: string[];
            /**
             * @description True if more jobs have the status than the 1000 that one request changes: send it again.
             * @example false
             */
            has_more: boolean;
        };
        CallbackSecret: {
            /**
             * @description Signs the callbacks of your uploads. It is shown only once: keep it where your server can read it.
             * @example whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwvJ0mBz1Tn3U=
             */
            secret: string;
        };
        NewWebhook: {
            /**
             * Format: uri
             * @description The address that is called with POST: http or https, without a password.
             * @example https://example.org/hooks/video-to-mp3
             */
            url: string;
            /**
             * @description The events that it is called for, each once.
             * @example [
             *       "conversion.done",
             *       "conversion.failed"
             *     ]
             */
            events: ("conversion.done" | "conversion.failed" | "conversion.canceled")[];
        };
        WebhookWithSecret: {
            /**
             * Format: uuid
             * @description Identifies the webhook.
             * @example 3f0c8f0e-8a3c-4a55-9b0a-0d3f5a1c7e21
             */
            id: string;
            /**
             * Format: uri
             * @description The address that is called with POST: http or https, without a password.
             * @example https://example.org/hooks/video-to-mp3
             */
            url: string;
            /**
             * @description The events that it is called for, each once.
             * @example [
             *       "conversion.done",
             *       "conversion.failed"
             *     ]
             */
            events: ("conversion.done" | "conversion.failed" | "conversion.canceled")[];
            /**
             * @description Whether it is called.
             * @example true
             */
            enabled: boolean;
            /**
             * @description Why it is disabled; null if it is not. `owner`: by a request. `gone`: its server answered 410. `failing`: all calls failed for five days.
             * @example null
             * @enum {string|null}
             */
            disabled_reason: "owner" | "gone" | "failing" | null;
            /**
             * Format: date-time
             * @description When the first call failed since the last one that succeeded, in UTC; null if none did.
             * @example null
             */
            failing_since: string | null;
            /**
             * Format: date-time
             * @description Until when the secret before the last rotation signs too, in UTC; null if there is none.
             * @example null
             */
            previous_secret_until: string | null;
            /**
             * Format: date-time
             * @description When it was created, in UTC.
             * @example 2026-01-31T12:00:00.000Z
             */
            created_at: string;
            /**
             * @description Signs the calls. It is shown only once: keep it where your server can read it.
             * @example whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwvJ0mBz1Tn3U=
             */
            secret: string;
        };
        Webhook: {
            /**
             * Format: uuid
             * @description Identifies the webhook.
             * @example 3f0c8f0e-8a3c-4a55-9b0a-0d3f5a1c7e21
             */
            id: string;
            /**
             * Format: uri
             * @description The address that is called with POST: http or https, without a password.
             * @example https://example.org/hooks/video-to-mp3
             */
            url: string;
            /**
             * @description The events that it is called for, each once.
             * @example [
             *       "conversion.done",
             *       "conversion.failed"
             *     ]
             */
            events: ("conversion.done" | "conversion.failed" | "conversion.canceled")[];
            /**
             * @description Whether it is called.
             * @example true
             */
            enabled: boolean;
            /**
             * @description Why it is disabled; null if it is not. `owner`: by a request. `gone`: its server answered 410. `failing`: all calls failed for five days.
             * @example null
             * @enum {string|null}
             */
            disabled_reason: "owner" | "gone" | "failing" | null;
            /**
             * Format: date-time
             * @description When the first call failed since the last one that succeeded, in UTC; null if none did.
             * @example null
             */
            failing_since: string | null;
            /**
             * Format: date-time
             * @description Until when the secret before the last rotation signs too, in UTC; null if there is none.
             * @example null
             */
            previous_secret_until: string | null;
            /**
             * Format: date-time
             * @description When it was created, in UTC.
             * @example 2026-01-31T12:00:00.000Z
             */
            created_at: string;
        };
        WebhookList: {
            /** @description The webhooks, oldest first. */
            items: components["schemas"]["Webhook"][];
        };
        WebhookChange: {
            /**
             * Format: uri
             * @description The address that is called with POST: http or https, without a password.
             * @example https://example.org/hooks/video-to-mp3
             */
            url?: string | null;
            /**
             * @description The events that it is called for, each once.
             * @example [
             *       "conversion.done",
             *       "conversion.failed"
             *     ]
             */
            events?: ("conversion.done" | "conversion.failed" | "conversion.canceled")[] | null;
            /**
             * @description False disables the webhook. True enables it and forgets its failures.
             * @example true
             */
            enabled?: boolean | null;
        };
        DeliveryAttempt: {
            /**
             * @description Counts the attempts; 1 is the first.
             * @example 1
             */
            attempt: number;
            /**
             * Format: date-time
             * @description When it started, in UTC.
             * @example 2026-01-31T12:00:05.000Z
             */
            started_at: string;
            /**
             * @description How long it took, in seconds.
             * @example 0.131
             */
            duration: number;
            /**
             * @description The HTTP status that your server answered with; null without an answer, and for emails.
             * @example 500
             */
            http_status: number | null;
            /**
             * @description Why it failed; null if it succeeded.
             * @example The server answered 500.
             */
            error: string | null;
        };
        Delivery: {
            /**
             * Format: uuid
             * @description Identifies the delivery.
             * @example 9d4e2c7a-51a8-4f0e-8f43-2f6f2f0a9c11
             */
            id: string;
            /**
             * Format: uuid
             * @description Identifies the event: the header `webhook-id` of every attempt.
             * @example 5b7c1f3d-0c0f-4f6e-9f57-6a0f1f9d2c40
             */
            event_id: string;
            /**
             * @description What happened. Only webhooks get `webhook.test`, and only emails report `webhook.disabled`.
             * @example conversion.done
             * @enum {string}
             */
            event: "conversion.done" | "conversion.failed" | "conversion.canceled" | "webhook.test" | "webhook.disabled";
            /**
             * Format: uuid
             * @description The `id` of the conversion job; null if the event is about no job.
             * @example 0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11
             */
            job_id: string | null;
            /**
             * @description The name of the uploaded file; null if the event is about no job.
             * @example clip.mp4
             */
            filename: string | null;
            /**
             * @description `PENDING`: it is, or will be, attempted. `DELIVERED`: the server accepted it. `FAILED`: given up.
             * @example PENDING
             * @enum {string}
             */
            status: "PENDING" | "DELIVERED" | "FAILED";
            /**
             * @description Why it failed, or why the last attempt did; null if neither did.
             * @example null
             */
            error: string | null;
            /**
             * Format: date-time
             * @description When the event was recorded, in UTC.
             * @example 2026-01-31T12:00:05.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the next attempt is due, in UTC; null if there is none.
             * @example 2026-01-31T12:00:10.000Z
             */
            next_attempt_at: string | null;
            /**
             * Format: date-time
             * @description When it was delivered or failed for good, in UTC; null before that.
             * @example null
             */
            finished_at: string | null;
            /** @description The attempts, oldest first; the last 20 of them. */
            attempts: components["schemas"]["DeliveryAttempt"][];
        };
        DeliveryList: {
            /** @description The last 100 deliveries, newest first. */
            items: components["schemas"]["Delivery"][];
        };
        AccountDelivery: {
            /**
             * Format: uuid
             * @description Identifies the delivery.
             * @example 9d4e2c7a-51a8-4f0e-8f43-2f6f2f0a9c11
             */
            id: string;
            /**
             * Format: uuid
             * @description Identifies the event: the header `webhook-id` of every attempt.
             * @example 5b7c1f3d-0c0f-4f6e-9f57-6a0f1f9d2c40
             */
            event_id: string;
            /**
             * @description What happened. Only webhooks get `webhook.test`, and only emails report `webhook.disabled`.
             * @example conversion.done
             * @enum {string}
             */
            event: "conversion.done" | "conversion.failed" | "conversion.canceled" | "webhook.test" | "webhook.disabled";
            /**
             * Format: uuid
             * @description The `id` of the conversion job; null if the event is about no job.
             * @example 0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11
             */
            job_id: string | null;
            /**
             * @description The name of the uploaded file; null if the event is about no job.
             * @example clip.mp4
             */
            filename: string | null;
            /**
             * @description `PENDING`: it is, or will be, attempted. `DELIVERED`: the server accepted it. `FAILED`: given up.
             * @example PENDING
             * @enum {string}
             */
            status: "PENDING" | "DELIVERED" | "FAILED";
            /**
             * @description Why it failed, or why the last attempt did; null if neither did.
             * @example null
             */
            error: string | null;
            /**
             * Format: date-time
             * @description When the event was recorded, in UTC.
             * @example 2026-01-31T12:00:05.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the next attempt is due, in UTC; null if there is none.
             * @example 2026-01-31T12:00:10.000Z
             */
            next_attempt_at: string | null;
            /**
             * Format: date-time
             * @description When it was delivered or failed for good, in UTC; null before that.
             * @example null
             */
            finished_at: string | null;
            /** @description The attempts, oldest first; the last 20 of them. */
            attempts: components["schemas"]["DeliveryAttempt"][];
            /**
             * @description `email`: an email to you. `callback`: a call of the `callback_url` of an upload.
             * @example email
             * @enum {string}
             */
            channel: "email" | "callback";
            /**
             * @description The address that is called; null for emails.
             * @example null
             */
            callback_url: string | null;
        };
        AccountDeliveryList: {
            /** @description The last 100 emails and callbacks, newest first. */
            items: components["schemas"]["AccountDelivery"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
