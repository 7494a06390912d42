#Requires -Version 7.2
<#
.SYNOPSIS
Uploads several files at once the way a client does and fails when any of them is slower than the limit (R-2.2, R-1.2).

.DESCRIPTION
For each file: POST /api/routings/{RoutingId}/files, PUT its blocks to the upload address, POST /api/files/{fileId}/complete.
The rate of a file is its size over the time from its first block to the answer of `complete`; 1 MB is 1,000,000 bytes.
Content is random and made in memory, so no disk slows the measurement. Exit code 0: every file arrived, fast enough.

.EXAMPLE
./Upload-Stress.ps1 -BaseUrl http://127.0.0.1:7071 -Token $token -RoutingId 0f8fad5b-d9cb-469f-a165-70867728950e
#>
[CmdletBinding()]
param(
    # Scheme and host of the API, without /api.
    [Parameter(Mandatory)] [uri] $BaseUrl,
    # Bearer token of a user with role Mcms.Engineer.
    [Parameter(Mandatory)] [string] $Token,
    # Routing the files are attached to: the working draft of a test routing.
    [Parameter(Mandatory)] [guid] $RoutingId,
    [ValidateRange(1, 64)] [int] $FileCount = 5,
    [ValidateRange(1, 10240)] [int] $SizeMiB = 256,
    [ValidateRange(0.1, 10000)] [double] $MinimumMBps = 10
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$api = "$($BaseUrl.AbsoluteUri.TrimEnd('/'))/api"

$results = @(1..$FileCount | ForEach-Object -ThrottleLimit $FileCount -Parallel {
    Set-StrictMode -Version Latest
    $ErrorActionPreference = 'Stop'

    $number = $_
    $api = $using:api
    $bearer = "Bearer $using:Token"
    $routing = $using:RoutingId
    $sizeBytes = [long]$using:SizeMiB * 1048576
    $clock = [System.Diagnostics.Stopwatch]::new()
    $client = [System.Net.Http.HttpClient]::new()
    $client.Timeout = [timespan]::FromMinutes(5)
    $digest = [System.Security.Cryptography.IncrementalHash]::CreateHash('SHA256')
    $blockDigest = [System.Security.Cryptography.SHA256]::Create()

    function Invoke-Api([string] $Method, [string] $Path, [hashtable] $Body) {
        $request = @{
            Method  = $Method
            Uri     = "$api$Path"
            Headers = @{ Authorization = $bearer }
        }
        if ($Body) {
            $request.Headers['Idempotency-Key'] = [guid]::NewGuid().ToString()
            $request.ContentType = 'application/json'
            $request.Body = ConvertTo-Json $Body
        }
        Invoke-RestMethod @request
    }

    try {
        $upload = Invoke-Api -Method Post -Path "/routings/$routing/files" -Body @{
            fileName  = "upload-stress-$number.bin"
            sizeBytes = $sizeBytes
        }
        $blockBytes = [int][Math]::Min([long]$upload.blockSizeBytes, $sizeBytes)
        $block = [byte[]]::new($blockBytes)
        [System.Random]::new().NextBytes($block)

        $clock.Start()
        $index = 0
        for ([long]$sent = 0; $sent -lt $sizeBytes; $sent += $blockBytes) {
            $length = [int][Math]::Min([long]$blockBytes, $sizeBytes - $sent)
            # No two blocks alike: the index stands in the first bytes.
            [BitConverter]::GetBytes([int]$index).CopyTo($block, 0)
            $digest.AppendData($block, 0, $length)

            # Block ids sort by index and all have one length, as Blob Storage wants.
            $blockHash = [Convert]::ToHexString($blockDigest.ComputeHash($block, 0, $length))
            $name = '{0:d6}-{1}' -f $index, $blockHash.Substring(0, 16).ToLowerInvariant()
            $blockId = [uri]::EscapeDataString([Convert]::ToBase64String([System.Text.Encoding]::ASCII.GetBytes($name)))

            $content = [System.Net.Http.ByteArrayContent]::new($block, 0, $length)
            $response = $client.PutAsync("$($upload.uploadUrl)&comp=block&blockid=$blockId", $content).GetAwaiter().GetResult()
            # The address holds a signature: only the status goes into the message.
            if (-not $response.IsSuccessStatusCode) { throw "Block $index was refused: HTTP $([int]$response.StatusCode)" }
            $response.Dispose()
            $index++
        }
        $sha256 = [Convert]::ToHexString($digest.GetHashAndReset()).ToLowerInvariant()
        $file = Invoke-Api -Method Post -Path "/files/$($upload.fileId)/complete" -Body @{ sha256 = $sha256 }
        $clock.Stop()

        # Large files are verified after the answer; at most five minutes are waited for that, outside the measurement.
        for ($try = 0; $file.status -eq 'Verifying' -and $try -lt 300; $try++) {
            Start-Sleep -Seconds 1
            $file = Invoke-Api -Method Get -Path "/files/$($upload.fileId)"
        }
        $seconds = $clock.Elapsed.TotalSeconds
        [pscustomobject]@{
            File    = $number
            Status  = $file.status
            Seconds = [Math]::Round($seconds, 2)
            MBps    = [Math]::Round($sizeBytes / 1e6 / $seconds, 1)
            Problem = $null
        }
    }
    catch {
        [pscustomobject]@{ File = $number; Status = 'Failed'; Seconds = $null; MBps = 0; Problem = $_.Exception.Message }
    }
    finally {
        $client.Dispose()
        $digest.Dispose()
        $blockDigest.Dispose()
    }
})

$results | Sort-Object File | Format-Table -AutoSize | Out-Host

$bad = @($results | Where-Object { $_.Status -ne 'Available' -or $_.MBps -lt $MinimumMBps })
if ($results.Count -ne $FileCount -or $bad.Count -gt 0) {
    Write-Host "FAILED: $($FileCount - $results.Count + $bad.Count) of $FileCount files did not arrive at $MinimumMBps MB/s or more."
    exit 1
}
Write-Host "PASSED: $FileCount files of $SizeMiB MiB, each at $MinimumMBps MB/s or more."
exit 0
