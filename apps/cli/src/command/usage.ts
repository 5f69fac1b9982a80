import type { Environment } from '../environment.js';

export const EXIT = { done: 0, failed: 1, usage: 2, noService: 3, stopped: 130, terminated: 143 } as const;

export function usage({ program, defaultUrl }: Environment): string {
  return `${program} [options] video.mp4 [more.mkv ...]   converts each video to an MP3 with the same name
${program} list [options]                       lists your jobs, newest first
${program} status JOB_ID ...                    shows jobs
${program} download [options] JOB_ID ...        downloads the MP3s of earlier uploads
${program} cancel JOB_ID ...                    cancels jobs
${program} retry JOB_ID ...                     retries failed or canceled jobs
${program} delete JOB_ID ...                    deletes jobs and their files
${program} login [--url URL] [--user NAME]      signs in; reads the password from piped input
${program} logout [--url URL]                   forgets the account

Options:
  -o, --out PATH   the folder for the MP3s, created if necessary; for one video also a name that ends in .mp3
                   (default: the folder of each video)
  -f, --force      replace existing MP3s
      --json       one line of JSON for each file or job on standard output
      --notify     an email from the service when each conversion ends; your address must be verified
      --status S   list only jobs with this status: PENDING, PROCESSING, DONE, FAILED or CANCELED; can be repeated
      --search S   list only jobs with this text in their file name
      --limit N    the most jobs to list (default 50)
      --detach     end after the uploads; the conversions continue
      --url URL    the service (default: VIDEO_TO_MP3_URL, or the service of this machine, now ${defaultUrl})
      --wait N     how long to retry an unreachable service, in seconds (default 300)
  -h, --help       show this
  -V, --version    show the version

On a service of this machine, the client creates an account by itself. For any other service, sign in once.
For a file whose name starts with - or is the name of a command, write ./NAME.

Exit codes:
  0    the command succeeded for every file or job
  1    it failed for a file or job; the reason is next to its name
  2    the command is invalid; nothing was done
  3    no service can be used, or you are not signed in; nothing was done
  130  stopped with Ctrl-C; the conversions of this command are canceled
`;
}
